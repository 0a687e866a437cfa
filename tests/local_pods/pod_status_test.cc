#include "local/pods/pod_status.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

const SystemTime kStatusNow = parse_time("2026-01-01T00:00:10Z").value();
const SystemTime kLater = parse_time("2026-01-01T00:01:00Z").value();

PodSpec one_container(RestartPolicy policy = RestartPolicy::Always) {
  PodSpec spec;
  spec.restart_policy = policy;
  Container container;
  container.name = "app";
  container.image = "shop:v1";
  spec.containers.push_back(container);
  return spec;
}

ContainerStatus running(bool ready) {
  ContainerStatus status;
  status.name = "app";
  status.phase = ContainerPhase::Running;
  status.running_since = kStatusNow;
  status.started = true;
  status.ready = ready;
  return status;
}

ContainerStatus ended(int code) {
  ContainerStatus status;
  status.name = "app";
  status.phase = ContainerPhase::Terminated;
  status.terminated = Termination{
      code, 0, code == 0 ? "Completed" : "Error", "", kStatusNow, kStatusNow, "sluice://1"};
  return status;
}

ContainerStatus crash_looping() {
  ContainerStatus status = ended(1);
  status.phase = ContainerPhase::Waiting;
  status.waiting_reason = "CrashLoopBackOff";
  status.last = status.terminated;
  return status;
}

std::string condition(const Json& status, const std::string& type, const char* field = "status") {
  for (const Json& entry : status["conditions"])
    if (entry["type"] == type) return string_at(entry, field);
  return "(none)";
}

}  // namespace

TEST_CASE("The phase of a pod follows its containers and its restart policy") {
  struct Row {
    RestartPolicy policy;
    std::vector<ContainerStatus> containers;
    const char* phase;
  };

  const Row table[] = {{RestartPolicy::Always, {ContainerStatus{}}, "Pending"},
                       {RestartPolicy::Always, {running(false)}, "Running"},
                       {RestartPolicy::Always, {running(true), ContainerStatus{}}, "Pending"},
                       {RestartPolicy::Always, {ended(1)}, "Running"},
                       {RestartPolicy::Always, {crash_looping()}, "Running"},
                       {RestartPolicy::Always, {ended(0)}, "Running"},
                       {RestartPolicy::OnFailure, {ended(0)}, "Succeeded"},
                       {RestartPolicy::OnFailure, {ended(1)}, "Running"},
                       {RestartPolicy::OnFailure, {crash_looping()}, "Running"},
                       {RestartPolicy::Never, {ended(0), ended(0)}, "Succeeded"},
                       {RestartPolicy::Never, {ended(0), ended(3)}, "Failed"},
                       {RestartPolicy::Never, {ended(0), running(true)}, "Running"}};
  int number = 0;
  for (const Row& row : table) {
    CAPTURE(number++);
    PodState state;
    state.containers = row.containers;
    CHECK(pod_phase(one_container(row.policy), state) == row.phase);
  }
}

TEST_CASE("Init containers hold a pod back; their failure fails it only when nothing restarts") {
  PodSpec spec = one_container();
  PodState state;
  state.containers = {ContainerStatus{}};
  state.init_containers = {ended(1)};
  CHECK(pod_phase(spec, state) == "Pending");
  spec.restart_policy = RestartPolicy::Never;
  CHECK(pod_phase(spec, state) == "Failed");
  state.init_containers = {ended(0)};
  CHECK(pod_phase(spec, state) == "Pending");
  const Json status = render_pod_status(spec, state, Json(), kStatusNow);
  CHECK(condition(status, "Initialized") == "True");
  state.init_containers[0].phase = ContainerPhase::Running;
  CHECK(condition(render_pod_status(spec, state, Json(), kStatusNow), "Initialized", "message") ==
        "containers with incomplete status: [app]");
}

TEST_CASE("Conditions keep their transition time while they hold") {
  const PodSpec spec = one_container();
  PodState state;
  state.pod_ip = "127.64.0.1";
  state.start_time = kStatusNow;
  state.containers = {running(false)};
  const Json first = render_pod_status(spec, state, Json(), kStatusNow);
  CHECK(condition(first, "Ready") == "False");
  CHECK(condition(first, "Ready", "message") == "containers with unready status: [app]");
  state.containers = {running(true)};
  const Json second = render_pod_status(spec, state, first, kLater);
  CHECK(condition(second, "Ready") == "True");
  CHECK(condition(second, "Ready", "lastTransitionTime") == "2026-01-01T00:01:00Z");
  CHECK(condition(second, "PodScheduled", "lastTransitionTime") == "2026-01-01T00:00:10Z");
  CHECK(second["containerStatuses"][0]["state"]["running"]["startedAt"] == "2026-01-01T00:00:10Z");
  CHECK(second["podIPs"][0]["ip"] == "127.64.0.1");
}

TEST_CASE("Readiness gates and conditions of others count and are kept") {
  PodSpec spec = one_container();
  spec.readiness_gates = {"example.com/gate"};
  PodState state;
  state.containers = {running(true)};
  Json previous = Json::object();
  CHECK(condition(render_pod_status(spec, state, previous, kStatusNow), "Ready") == "False");
  previous["conditions"] = Json::array({{{"type", "example.com/gate"}, {"status", "True"}}});
  const Json status = render_pod_status(spec, state, previous, kStatusNow);
  CHECK(condition(status, "Ready") == "True");
  CHECK(condition(status, "example.com/gate") == "True");
}

TEST_CASE("After a restart of the cluster what ran counts as killed, with its count kept") {
  const PodSpec spec = one_container();
  PodState state;
  state.pod_ip = "127.64.0.1";
  state.start_time = kStatusNow;
  state.containers = {running(true)};
  state.containers[0].restarts = 3;
  state.containers[0].container_id = "sluice://3";
  const Json stored = render_pod_status(spec, state, Json(), kStatusNow);
  const PodState restored = restore_pod_state(spec, stored, kLater);
  CHECK(restored.pod_ip == "127.64.0.1");
  CHECK(restored.start_time == kStatusNow);
  const ContainerStatus& app = restored.containers[0];
  CHECK(app.restarts == 3);
  CHECK(app.phase == ContainerPhase::Terminated);
  CHECK(app.terminated->exit_code == 137);
  CHECK(app.terminated->finished == kLater);
  CHECK_FALSE(app.ready);
}

TEST_CASE("A fresh pod waits for its containers") {
  const PodState fresh = restore_pod_state(one_container(), Json(), kStatusNow);
  CHECK(fresh.pod_ip.empty());
  CHECK(fresh.containers[0].phase == ContainerPhase::Waiting);
  CHECK(fresh.containers[0].waiting_reason == "ContainerCreating");
}

}  // namespace sluice::local
