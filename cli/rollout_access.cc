#include "cli/rollout_access.h"

#include "base/nearest.h"
#include "cli/look/rollout_state.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "net/sleep.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

constexpr Duration kAccessPoll = std::chrono::milliseconds(50);
/// How long a decision waits for the controller to have seen the newest spec.
constexpr Duration kObserveWait = std::chrono::seconds(5);
/// So many names are listed where none is like the one that was asked for.
constexpr size_t kNamesMax = 10;

}  // namespace

bool RolloutRead::observed() const {
  return speaks_of_newest(rollout);
}

std::string missing_text(const kube::Resource& resource, const ObjectKey& key,
                         const std::vector<std::string>& names) {
  std::string text = fmt::format("{}.{} \"{}\" not found in namespace \"{}\"", resource.plural,
                                 resource.gvk.group, key.name, key.namespace_);
  if (names.empty()) return text + ": there is none";
  if (const std::string meant = nearest_word(key.name, names); !meant.empty())
    return text + fmt::format(": did you mean \"{}\"?", meant);
  text += ": there is ";
  for (size_t i = 0; i < std::min(names.size(), kNamesMax); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kNamesMax ? text + ", …" : text;
}

kube::Awaitable<Error> explain_not_found(Session& session, kube::Resource resource,
                                         std::string name, Error error) {
  if (error.code != ErrorCode::NotFound) co_return error;
  const kube::ListOptions where{.namespace_ = session.namespace_};
  const auto list = co_await session.store.list(resource, where);
  if (!list && list.error().code == ErrorCode::NotFound) {
    co_return not_found(fmt::format(
        "the cluster does not know {}.{}: install the CRDs (kubectl apply -f crds/manifests)",
        resource.plural, resource.gvk.group));
  }
  if (!list || name.empty()) co_return error;
  std::vector<std::string> names;
  for (const kube::Object& object : list->items) names.push_back(object.meta.name);
  co_return not_found(missing_text(resource, session.key(name), names));
}

kube::Awaitable<Result<RolloutRead>> read_rollout(Session& session, std::string name) {
  const kube::Resource rollouts = *kube::find_resource(crds::kGroup, crds::kRollout);
  auto object = co_await session.store.get(rollouts, session.key(name));
  if (!object) {
    Error error = co_await explain_not_found(session, rollouts, name, object.error());
    co_return fail(std::move(error));
  }
  const auto document = object->parse();
  if (!document) co_return fail(document.error());
  RolloutRead read{*std::move(object), crds::decode_rollout(*document).value};
  co_return read;
}

kube::Awaitable<Result<RolloutObjects>> read_whole_rollout(Session& session, ObjectKey key) {
  auto objects = co_await read_rollout_objects(session.store, key);
  if (objects) co_return objects;
  const kube::Resource rollouts = *kube::find_resource(crds::kGroup, crds::kRollout);
  Error error = co_await explain_not_found(session, rollouts, key.name, objects.error());
  co_return fail(std::move(error));
}

kube::Awaitable<Result<RolloutRead>> read_observed_rollout(Session& session, std::string name) {
  const SteadyTime patience = session.clock.steady_now() + kObserveWait;
  while (true) {
    auto read = co_await read_rollout(session, name);
    if (!read || read->observed() || session.clock.steady_now() >= patience) co_return read;
    co_await net::sleep_for(session.clock, kAccessPoll);
  }
}

kube::Awaitable<Result<kube::Object>> write_rollout(Session& session, ObjectKey key,
                                                    std::vector<verbs::Write> writes) {
  const kube::Resource rollouts = *kube::find_resource(crds::kGroup, crds::kRollout);
  Result<kube::Object> last = fail(internal("nothing to write"));
  for (verbs::Write& change : writes) {
    const kube::PatchOptions options{.subresource = change.of_status ? kube::Subresource::Status
                                                                     : kube::Subresource::None};
    last = co_await session.store.patch(rollouts, key, kube::PatchType::Json,
                                        std::move(change.patch), options);
    if (last) continue;
    if (change.needed) break;
    warn("it is not on record: " + last.error().message);
  }
  co_return last;
}

bool overtaken(const Error& error) {
  return error.code == ErrorCode::Conflict || error.code == ErrorCode::Invalid;
}

void Patience::answered() {
  last_answer_ = clock_.steady_now();
  warned_ = false;
}

bool Patience::bears(const Error& error) {
  if (!last_answer_ || !is_transient(error.code)) return false;
  if (clock_.steady_now() - *last_answer_ > kAwayMax) return false;
  if (!warned_) warn(error.message + "; asking again");
  warned_ = true;
  return true;
}

}  // namespace sluice::cli
