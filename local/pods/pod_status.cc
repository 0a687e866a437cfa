#include "local/pods/pod_status.h"

#include "base/json_list.h"
#include "base/object_condition.h"
#include "local/pods/pod_environment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <utility>

namespace sluice::local {

namespace {

Json encode_termination(const Termination& end) {
  Json json{{"exitCode", end.exit_code},
            {"reason", end.reason},
            {"startedAt", format_time(end.started)},
            {"finishedAt", format_time(end.finished)},
            {"containerID", end.container_id}};
  if (end.signal != 0) json["signal"] = end.signal;
  if (!end.message.empty()) json["message"] = end.message;
  return json;
}

Json encode_state(const ContainerStatus& status) {
  switch (status.phase) {
    case ContainerPhase::Waiting: {
      Json waiting{{"reason", status.waiting_reason}};
      if (!status.waiting_message.empty()) waiting["message"] = status.waiting_message;
      return {{"waiting", waiting}};
    }
    case ContainerPhase::Running:
      return {{"running", {{"startedAt", format_time(status.running_since)}}}};
    case ContainerPhase::Terminated:
      return {{"terminated", encode_termination(*status.terminated)}};
  }
  return Json::object();
}

Json encode_containers(const std::vector<ContainerStatus>& containers) {
  Json list = Json::array();
  for (const ContainerStatus& status : containers) {
    Json json{{"name", status.name},
              {"image", status.image},
              {"imageID", status.image_id},
              {"state", encode_state(status)},
              {"ready", status.ready},
              {"started", status.started},
              {"restartCount", status.restarts},
              {"lastState", Json::object()}};
    if (!status.container_id.empty()) json["containerID"] = status.container_id;
    if (status.last) json["lastState"] = {{"terminated", encode_termination(*status.last)}};
    list.push_back(std::move(json));
  }
  return list;
}

struct Condition {
  std::string type;
  bool holds = false;
  std::string reason;
  std::string message;
};

/// The names of the containers for which `missing` holds, as Kubernetes lists them: "[a b]".
template <typename Predicate>
std::string names_of(const std::vector<ContainerStatus>& containers, Predicate missing) {
  std::vector<std::string> names;
  for (const ContainerStatus& status : containers)
    if (missing(status)) names.push_back(status.name);
  return fmt::format("[{}]", fmt::join(names, " "));
}

bool ended_well(const ContainerStatus& status) {
  return status.phase == ContainerPhase::Terminated && status.terminated->exit_code == 0;
}

Condition initialized_condition(const PodState& state) {
  if (is_initialized(state)) return {"Initialized", true, "", ""};
  return {"Initialized", false, "ContainersNotInitialized",
          "containers with incomplete status: " +
              names_of(state.init_containers, [](const auto& s) { return !ended_well(s); })};
}

Condition containers_ready_condition(const PodState& state, const std::string& phase) {
  const auto not_ready = [](const ContainerStatus& status) { return !status.ready; };
  if (phase == "Succeeded" || phase == "Failed") {
    const bool succeeded = phase == "Succeeded";
    return {"ContainersReady", false, succeeded ? "PodCompleted" : "PodFailed", ""};
  }
  if (std::none_of(state.containers.begin(), state.containers.end(), not_ready))
    return {"ContainersReady", true, "", ""};
  return {"ContainersReady", false, "ContainersNotReady",
          "containers with unready status: " + names_of(state.containers, not_ready)};
}

Condition ready_condition(const PodSpec& spec, Condition containers, const Json& previous) {
  Condition ready = std::move(containers);
  ready.type = "Ready";
  for (const std::string& gate : spec.readiness_gates) {
    if (ready.holds && !has_condition(previous, gate)) {
      return {"Ready", false, "ReadinessGatesNotReady",
              fmt::format("corresponding condition of pod readiness gate \"{}\" does not exist or "
                          "is not True",
                          gate)};
    }
  }
  return ready;
}

Json encode_conditions(const std::vector<Condition>& conditions, const Json& previous,
                       SystemTime now) {
  Json list = Json::array();
  for (const Condition& condition : conditions) {
    const char* status = condition.holds ? "True" : "False";
    Json json{{"type", condition.type}, {"status", status}, {"lastProbeTime", nullptr}};
    const Json* before = find_condition(previous, condition.type);
    const bool same = before != nullptr && string_at(*before, "status") == status;
    json["lastTransitionTime"] =
        same ? string_at(*before, "lastTransitionTime", format_time(now)) : format_time(now);
    if (!condition.reason.empty()) json["reason"] = condition.reason;
    if (!condition.message.empty()) json["message"] = condition.message;
    list.push_back(std::move(json));
  }
  for (const Json& condition : list_at(previous, "conditions")) {
    const std::string type = string_at(condition, "type");
    const auto is_it = [&](const Condition& ours) { return ours.type == type; };
    if (std::none_of(conditions.begin(), conditions.end(), is_it)) list.push_back(condition);
  }
  return list;
}

Termination decode_termination(const Json& json) {
  return {.exit_code = static_cast<int>(int_at(json, "exitCode")),
          .signal = static_cast<int>(int_at(json, "signal")),
          .reason = string_at(json, "reason"),
          .message = string_at(json, "message"),
          .started = parse_time(string_at(json, "startedAt")).value_or(SystemTime{}),
          .finished = parse_time(string_at(json, "finishedAt")).value_or(SystemTime{}),
          .container_id = string_at(json, "containerID")};
}

Termination lost_with_keeper(const Json& running, const std::string& id, SystemTime now) {
  return {.exit_code = 128 + SIGKILL,
          .signal = SIGKILL,
          .reason = "Error",
          .message = "the local cluster was stopped",
          .started = parse_time(string_at(running, "startedAt")).value_or(now),
          .finished = now,
          .container_id = id};
}

void restore_container(ContainerStatus& status, const Json& stored, SystemTime now) {
  status.restarts = static_cast<int>(int_at(stored, "restartCount"));
  status.container_id = string_at(stored, "containerID");
  status.image_id = string_at(stored, "imageID");
  if (const Json* last = find_path(stored, "lastState.terminated"))
    status.last = decode_termination(*last);
  if (const Json* ended = find_path(stored, "state.terminated")) {
    status.phase = ContainerPhase::Terminated;
    status.terminated = decode_termination(*ended);
  } else if (const Json* running = find_path(stored, "state.running")) {
    status.phase = ContainerPhase::Terminated;
    status.terminated = lost_with_keeper(*running, status.container_id, now);
  }
}

std::vector<ContainerStatus> restore_containers(const std::vector<Container>& containers,
                                                const Json& previous, const char* list,
                                                const char* waiting_reason, SystemTime now) {
  std::vector<ContainerStatus> restored;
  for (const Container& container : containers) {
    ContainerStatus status;
    status.name = container.name;
    status.image = container.image;
    status.waiting_reason = waiting_reason;
    for (const Json& stored : list_at(previous, list))
      if (string_at(stored, "name") == container.name) restore_container(status, stored, now);
    restored.push_back(std::move(status));
  }
  return restored;
}

struct PhaseCounts {
  int waiting = 0;
  int running = 0;
  int stopped = 0;
  int succeeded = 0;
};

PhaseCounts count_phases(const std::vector<ContainerStatus>& containers) {
  PhaseCounts counts;
  for (const ContainerStatus& status : containers) {
    const bool waits = status.phase == ContainerPhase::Waiting;
    counts.waiting += waits && !status.last ? 1 : 0;
    counts.running += status.phase == ContainerPhase::Running ? 1 : 0;
    counts.stopped += (waits && status.last) || status.phase == ContainerPhase::Terminated ? 1 : 0;
    counts.succeeded += ended_well(status) ? 1 : 0;
  }
  return counts;
}

}  // namespace

int next_run(const ContainerStatus& status) {
  return status.container_id.empty() ? 0 : status.restarts + 1;
}

void begin_run(ContainerStatus& status, std::string container_id) {
  status.restarts = next_run(status);
  status.container_id = std::move(container_id);
  if (status.terminated) status.last = std::exchange(status.terminated, std::nullopt);
}

void show_running(ContainerStatus& status, SystemTime now) {
  status.phase = ContainerPhase::Running;
  status.running_since = now;
}

void show_terminated(ContainerStatus& status, Termination end) {
  status.phase = ContainerPhase::Terminated;
  status.terminated = std::move(end);
  status.started = false;
  status.ready = false;
}

void show_waiting(ContainerStatus& status, std::string reason, std::string message) {
  status.phase = ContainerPhase::Waiting;
  status.waiting_reason = std::move(reason);
  status.waiting_message = std::move(message);
  status.started = false;
  status.ready = false;
  if (status.terminated) status.last = std::exchange(status.terminated, std::nullopt);
}

bool is_initialized(const PodState& state) {
  return std::all_of(state.init_containers.begin(), state.init_containers.end(), ended_well);
}

std::string pod_phase(const PodSpec& spec, const PodState& state) {
  const PhaseCounts counts = count_phases(state.containers);
  const bool all_succeeded = counts.succeeded == static_cast<int>(state.containers.size());
  if (state.ended) return all_succeeded && is_initialized(state) ? "Succeeded" : "Failed";
  if (!is_initialized(state)) {
    const PhaseCounts init = count_phases(state.init_containers);
    const bool failed = init.stopped > init.succeeded && init.running == 0 &&
                        spec.restart_policy == RestartPolicy::Never;
    return failed ? "Failed" : "Pending";
  }
  if (counts.waiting > 0) return "Pending";
  if (counts.running > 0 || spec.restart_policy == RestartPolicy::Always) return "Running";
  if (all_succeeded) return "Succeeded";
  return spec.restart_policy == RestartPolicy::Never ? "Failed" : "Running";
}

Json render_pod_status(const PodSpec& spec, const PodState& state, const Json& previous,
                       SystemTime now) {
  const std::string phase = pod_phase(spec, state);
  const Condition containers_ready = containers_ready_condition(state, phase);
  const std::vector<Condition> conditions{{"PodScheduled", true, "", ""},
                                          initialized_condition(state),
                                          containers_ready,
                                          ready_condition(spec, containers_ready, previous)};
  Json status{{"phase", phase},
              {"hostIP", kNodeAddress},
              {"podIP", state.pod_ip},
              {"podIPs", Json::array({{{"ip", state.pod_ip}}})},
              {"startTime", format_time(state.start_time)},
              {"conditions", encode_conditions(conditions, previous, now)},
              {"containerStatuses", encode_containers(state.containers)}};
  if (!state.init_containers.empty())
    status["initContainerStatuses"] = encode_containers(state.init_containers);
  return status;
}

std::string status_patch(const Json& status) {
  return dump_json({{"status", status}});
}

PodState restore_pod_state(const PodSpec& spec, const Json& previous, SystemTime now) {
  PodState state;
  state.init_containers = restore_containers(spec.init_containers, previous,
                                             "initContainerStatuses", "PodInitializing", now);
  const char* waiting = spec.init_containers.empty() ? "ContainerCreating" : "PodInitializing";
  state.containers =
      restore_containers(spec.containers, previous, "containerStatuses", waiting, now);
  state.pod_ip = string_at(previous, "podIP");
  state.start_time = parse_time(string_at(previous, "startTime")).value_or(now);
  return state;
}

}  // namespace sluice::local
