#include "local/api/table_pods.h"

#include "base/json_list.h"
#include "base/object_condition.h"
#include "local/api/table_builtin.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

struct Summary {
  int64_t ready = 0;
  int64_t restarts = 0;
  std::string last_restart;  ///< The newest end of an instance before the running one.
  std::string reason;
};

void count_restarts(const Json& status, Summary& summary) {
  summary.restarts += int_at(status, "restartCount");
  // Timestamps of one format and zone compare as text.
  summary.last_restart =
      std::max(summary.last_restart, string_at(status, "lastState.terminated.finishedAt"));
}

/// Why a container ended: its reason, else its signal or exit code.
std::string end_of(const Json& status) {
  if (const std::string reason = string_at(status, "state.terminated.reason"); !reason.empty())
    return reason;
  const int64_t signal = int_at(status, "state.terminated.signal");
  return signal != 0 ? fmt::format("Signal:{}", signal)
                     : fmt::format("ExitCode:{}", int_at(status, "state.terminated.exitCode"));
}

/// True while init containers are what the pod waits for; then the reason says so.
bool summarise_init_containers(const Json& pod, Summary& summary) {
  const Json& statuses = list_at(pod, "status.initContainerStatuses");
  for (size_t i = 0; i < statuses.size(); ++i) {
    count_restarts(statuses[i], summary);
    const bool ended = find_path(statuses[i], "state.terminated") != nullptr;
    const std::string waiting = string_at(statuses[i], "state.waiting.reason");
    if (ended && int_at(statuses[i], "state.terminated.exitCode") == 0) continue;
    if (ended)
      summary.reason = "Init:" + end_of(statuses[i]);
    else if (!waiting.empty() && waiting != "PodInitializing")
      summary.reason = "Init:" + waiting;
    else
      summary.reason = fmt::format("Init:{}/{}", i, list_at(pod, "spec.initContainers").size());
    return true;
  }
  return false;
}

void summarise_containers(const Json& pod, Summary& summary) {
  const Json& statuses = list_at(pod, "status.containerStatuses");
  bool running = false;
  summary.restarts = 0;
  for (size_t i = statuses.size(); i-- > 0;) {
    const Json& status = statuses[i];
    count_restarts(status, summary);
    if (const std::string waiting = string_at(status, "state.waiting.reason"); !waiting.empty()) {
      summary.reason = waiting;
    } else if (find_path(status, "state.terminated") != nullptr) {
      summary.reason = end_of(status);
    } else if (bool_at(status, "ready") && find_path(status, "state.running") != nullptr) {
      running = true;
      ++summary.ready;
    }
  }
  if (summary.reason == "Completed" && running) {
    const Json* status = find_path(pod, "status");
    const bool ready = status != nullptr && has_condition(*status, "Ready");
    summary.reason = ready ? "Running" : "NotReady";
  }
}

Summary summarise(const Json& pod) {
  Summary summary;
  const std::string phase = string_at(pod, "status.phase");
  summary.reason = string_at(pod, "status.reason", phase);
  if (!summarise_init_containers(pod, summary)) summarise_containers(pod, summary);
  const bool over = phase == "Succeeded" || phase == "Failed";
  if (find_path(pod, "metadata.deletionTimestamp") != nullptr && !over)
    summary.reason = "Terminating";
  return summary;
}

}  // namespace

std::vector<Json> pod_cells(const Json& pod, SystemTime now) {
  const Summary summary = summarise(pod);
  const size_t containers = list_at(pod, "spec.containers").size();
  std::string restarts = std::to_string(summary.restarts);
  if (summary.restarts > 0 && !summary.last_restart.empty())
    restarts += fmt::format(" ({} ago)", age_since(summary.last_restart, now));
  return {string_at(pod, "metadata.name"),
          fmt::format("{}/{}", summary.ready, containers),
          summary.reason,
          restarts,
          age_since(string_at(pod, "metadata.creationTimestamp"), now),
          or_none(string_at(pod, "status.podIP")),
          or_none(string_at(pod, "spec.nodeName")),
          or_none(string_at(pod, "status.nominatedNodeName")),
          "<none>"};
}

}  // namespace sluice::local
