#include "cli/completion.h"
#include "cli/rollout_access.h"
#include "cli/session.h"
#include "crds/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::cli {
namespace {

using Wanted = Completion::Wanted;

/// Whoever presses Tab does not want to wait.
constexpr Duration kPatience = std::chrono::seconds(3);

kube::Awaitable<int> print_names(Session& session, kube::Resource resource) {
  const kube::ListOptions where{.namespace_ = resource.namespaced ? session.namespace_ : ""};
  const auto list = co_await session.store.list(std::move(resource), where);
  if (!list) co_return kExitFailed;
  for (const kube::Object& object : list->items) print(object.meta.name + "\n");
  co_return kExitOk;
}

kube::Awaitable<int> print_parts(Session& session, Completion completion) {
  const auto read = co_await read_rollout(session, completion.rollout);
  if (!read) co_return kExitFailed;
  if (completion.wanted == Wanted::Step) {
    print(fmt::format("{}\n", read->rollout.status.current_step_index.value_or(0)));
    co_return kExitOk;
  }
  const auto document = read->object.parse();
  if (!document) co_return kExitFailed;
  const Json* containers = find_path(*document, "spec.template.spec.containers");
  if (containers == nullptr) co_return kExitFailed;
  for (const Json& container : *containers) print(string_at(container, "name") + "=\n");
  co_return kExitOk;
}

kube::Resource resource_of(Wanted wanted) {
  if (wanted == Wanted::Namespaces)
    return {.gvk = {"", "v1", "Namespace"}, .plural = "namespaces", .namespaced = false};
  const std::string_view kind = wanted == Wanted::AnalysisRuns  ? crds::kAnalysisRun
                                : wanted == Wanted::Experiments ? crds::kExperiment
                                                                : crds::kRollout;
  return *kube::find_resource(crds::kGroup, kind);
}

}  // namespace

int print_completion(const Completion& completion) {
  if (completion.wanted == Wanted::Files) print(":files\n");
  for (const std::string& word : completion.words) print(word + "\n");
  if (completion.wanted == Wanted::Files || completion.wanted == Wanted::Words ||
      completion.wanted == Wanted::Nothing) {
    return kExitOk;
  }
  GlobalOptions globals{.login = completion.login};
  globals.login.request_timeout = kPatience;
  const bool of_one = completion.wanted == Wanted::Containers || completion.wanted == Wanted::Step;
  return run_in_session(globals, [&completion, of_one](Session& session) {
    return of_one ? print_parts(session, completion)
                  : print_names(session, resource_of(completion.wanted));
  });
}

}  // namespace sluice::cli
