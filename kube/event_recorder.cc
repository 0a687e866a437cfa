#include "kube/event_recorder.h"

#include "base/backoff.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/short_text.h"
#include "net/sleep.h"
#include "net/turn.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::kube {
namespace {

constexpr Backoff::Limits kEventRetry{.first = std::chrono::milliseconds(200),
                                      .longest = std::chrono::seconds(5)};
constexpr int kTriesMax = 4;
/// Of the object's name within the event's, which may have 253 characters in all.
constexpr size_t kNamePartMax = 220;
/// One writer: nobody to spread the retries against.
constexpr double kNoJitter = 1.0;

Resource event_resource() {
  const Resource* found = find_resource("", "Event");
  SLUICE_ENSURE(found != nullptr, "Event is a known resource");
  return *found;
}

std::string_view to_string(EventType type) {
  switch (type) {
    case EventType::Normal:
      return "Normal";
    case EventType::Warning:
      return "Warning";
  }
  return "Normal";
}

/// Cluster-scoped objects have their events in "default", as Kubernetes does it.
std::string namespace_of(const ObjectMeta& about) {
  return about.namespace_.empty() ? "default" : about.namespace_;
}

}  // namespace

EventRecorder::EventRecorder(ObjectStore& store, Clock& clock,
                             const asio::any_io_executor& executor, std::string component)
    : store_(store), clock_(clock), component_(std::move(component)), queue_(executor, kQueueMax) {}

void EventRecorder::record(const Object& about, EventType type, std::string reason,
                           std::string message, std::string field_path) {
  message.resize(whole_start(message, kMessageMax).size());
  Item item{.gvk = about.gvk,
            .about = {},
            .type = type,
            .reason = std::move(reason),
            .message = std::move(message),
            .field_path = std::move(field_path),
            .time = clock_.system_now()};
  item.about.name = about.meta.name;
  item.about.namespace_ = about.meta.namespace_;
  item.about.uid = about.meta.uid;
  item.about.resource_version = about.meta.resource_version;
  if (!queue_.push(std::move(item))) ++dropped_;
}

void EventRecorder::close() {
  queue_.close();
}

Awaitable<void> EventRecorder::run() {
  while (true) {
    std::optional<Item> item = co_await queue_.pop();
    if (!item) co_return;
    co_await net::take_turn_of_loop();
    Backoff backoff(kEventRetry);
    Result<void> written = co_await write(*item);
    while (!written && is_transient(written.error().code) && backoff.failures() + 1 < kTriesMax) {
      co_await net::sleep_for(clock_, backoff.next(kNoJitter));
      written = co_await write(*item);
    }
    if (written) continue;
    ++dropped_;
    log_warn("event was not written", {{"object", item->about.key().to_string()},
                                       {"reason", item->reason},
                                       {"error", written.error().message}});
  }
}

Awaitable<Result<void>> EventRecorder::write(Item item) {
  std::string identity = fmt::format("{}/{}/{}/{}/{}", item.about.uid, item.field_path,
                                     to_string(item.type), item.reason, item.message);
  const auto known = written_.find(identity);
  if (known == written_.end() || clock_.steady_now() - known->second.since > kAggregationWindow)
    co_return co_await write_new(std::move(item), std::move(identity));
  const ObjectKey key = known->second.key;
  const Json patch = {{"count", known->second.count + 1},
                      {"lastTimestamp", format_time(item.time)}};
  PatchOptions options;
  const auto patched =
      co_await store_.patch(event_resource(), key, PatchType::Merge, dump_json(patch), options);
  if (!patched && patched.error().code == ErrorCode::NotFound) {
    // The API server forgets events after an hour or so.
    co_return co_await write_new(std::move(item), std::move(identity));
  }
  if (!patched) co_return fail(patched.error());
  if (const auto still = written_.find(identity); still != written_.end()) ++still->second.count;
  co_return Result<void>{};
}

Awaitable<Result<void>> EventRecorder::write_new(Item item, std::string identity) {
  const std::string namespace_ = namespace_of(item.about);
  std::string about = item.about.name;
  about.resize(whole_start(about, kNamePartMax).size());
  const std::string name = fmt::format("{}.{:x}{:03x}", about, item.time.time_since_epoch().count(),
                                       sequence_++ % 0x1000);
  std::string body = encode(item, name);
  const auto created = co_await store_.create(event_resource(), namespace_, std::move(body));
  if (!created) co_return fail(created.error());
  remember(std::move(identity), {namespace_, name});
  co_return Result<void>{};
}

void EventRecorder::remember(std::string identity, ObjectKey key) {
  if (written_.size() >= kRememberedMax) {
    std::vector<SteadyTime> ages;
    ages.reserve(written_.size());
    for (const auto& [known, written] : written_) ages.push_back(written.since);
    const auto middle = ages.begin() + static_cast<ptrdiff_t>(ages.size() / 2);
    std::ranges::nth_element(ages, middle);
    std::erase_if(written_,
                  [limit = *middle](const auto& entry) { return entry.second.since <= limit; });
  }
  written_.insert_or_assign(
      std::move(identity),
      Written{.key = std::move(key), .count = 1, .since = clock_.steady_now()});
}

std::string EventRecorder::encode(const Item& item, const std::string& name) const {
  const std::string time = format_time(item.time);
  Json involved{{"apiVersion", item.gvk.api_version()},
                {"kind", item.gvk.kind},
                {"name", item.about.name},
                {"namespace", item.about.namespace_},
                {"uid", item.about.uid},
                {"resourceVersion", item.about.resource_version}};
  if (!item.field_path.empty()) involved["fieldPath"] = item.field_path;
  return dump_json({{"apiVersion", "v1"},
                    {"kind", "Event"},
                    {"metadata", {{"name", name}, {"namespace", namespace_of(item.about)}}},
                    {"involvedObject", std::move(involved)},
                    {"reason", item.reason},
                    {"message", item.message},
                    {"type", to_string(item.type)},
                    {"source", {{"component", component_}}},
                    {"reportingComponent", component_},
                    {"firstTimestamp", time},
                    {"lastTimestamp", time},
                    {"count", 1}});
}

}  // namespace sluice::kube
