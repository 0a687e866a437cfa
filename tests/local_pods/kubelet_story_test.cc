#include "tests/local_pods/pod_stage.h"

#include <csignal>
#include <fstream>
#include <limits>

namespace sluice::local {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

int restarts(const Json& pod) {
  return static_cast<int>(int_at(pod["status"]["containerStatuses"][0], "restartCount"));
}

}  // namespace

TEST_CASE("The only node is registered and ready") {
  PodStage stage;
  const Json node = stage.get("Node", "local");
  CHECK(holds(node, "Ready"));
  CHECK(string_at(node, "status.nodeInfo.operatingSystem") == "linux");
}

TEST_CASE("A pod gets the node, an address, a process and a status") {
  PodStage stage;
  stage.create("Pod", one_pod("shop"));
  const Json pod = stage.get("Pod", "shop");
  CHECK(string_at(pod, "spec.nodeName") == "local");
  CHECK(string_at(pod, "status.podIP") == "127.64.0.1");
  CHECK(string_at(pod, "status.phase") == "Running");
  CHECK(container_state(pod) == "running");
  for (const char* condition : {"PodScheduled", "Initialized", "ContainersReady", "Ready"})
    CHECK(holds(pod, condition));
  const ProcessSpec& spec = stage.runner.programs.at(1).spec;
  CHECK(spec.argv == std::vector<std::string>{"shop"});
  CHECK(spec.cwd == (stage.folder / "images/shop/v1").string());
  CHECK(spec.log.timestamps);
  CHECK(stage.events_about("shop") ==
        std::multiset<std::string>{"Scheduled", "Pulled", "Created", "Started"});
}

TEST_CASE("The status is written once a change") {
  PodStage stage;
  stage.create("Pod", one_pod("shop"));
  const std::string version = string_at(stage.get("Pod", "shop"), "metadata.resourceVersion");
  stage.clock.advance(seconds(120));
  CHECK(string_at(stage.get("Pod", "shop"), "metadata.resourceVersion") == version);
}

TEST_CASE("A crash is followed by a restart at once, then by back-off") {
  PodStage stage;
  stage.create("Pod", one_pod("shop"));
  stage.runner.exit(stage.runner.newest("shop"), 1);
  stage.settle();
  Json pod = stage.get("Pod", "shop");
  CHECK(container_state(pod) == "running");
  CHECK(restarts(pod) == 1);
  CHECK(int_at(pod["status"]["containerStatuses"][0], "lastState.terminated.exitCode") == 1);

  stage.clock.advance(seconds(1));
  stage.runner.exit(stage.runner.newest("shop"), 2);
  stage.settle();
  pod = stage.get("Pod", "shop");
  CHECK(container_state(pod) == "waiting CrashLoopBackOff");
  CHECK(restarts(pod) == 1);
  CHECK_FALSE(holds(pod, "Ready"));
  CHECK(string_at(pod, "status.phase") == "Running");
  CHECK(stage.events_about("shop").contains("BackOff"));
  stage.clock.advance(seconds(9));
  CHECK(stage.runner.programs.size() == 2);
  stage.clock.advance(seconds(1));
  pod = stage.get("Pod", "shop");
  CHECK(container_state(pod) == "running");
  CHECK(restarts(pod) == 2);
  CHECK(int_at(pod["status"]["containerStatuses"][0], "lastState.terminated.exitCode") == 2);
}

TEST_CASE("What cannot be started counts as ended with code 128") {
  PodStage stage;
  stage.runner.refusal = not_found("no such file: shop");
  stage.create("Pod", one_pod("shop"));
  Json pod = stage.get("Pod", "shop");
  CHECK(container_state(pod) == "waiting CrashLoopBackOff");
  CHECK(string_at(pod["status"]["containerStatuses"][0], "lastState.terminated.reason") ==
        "StartError");
  stage.runner.refusal.reset();
  stage.clock.advance(seconds(10));
  CHECK(container_state(stage.get("Pod", "shop")) == "running");
}

TEST_CASE("Restart policies") {
  PodStage stage;
  stage.create("Pod", one_pod("once", Json::object(), {{"restartPolicy", "Never"}}));
  stage.create("Pod", one_pod("job", Json::object(), {{"restartPolicy", "OnFailure"}}));
  stage.runner.exit(stage.runner.newest("once"), 3);
  stage.runner.exit(stage.runner.newest("job"), 1);
  stage.settle();
  CHECK(string_at(stage.get("Pod", "once"), "status.phase") == "Failed");
  CHECK(container_state(stage.get("Pod", "once")) == "terminated 3");
  CHECK(container_state(stage.get("Pod", "job")) == "running");
  stage.runner.exit(stage.runner.newest("job"), 0);
  stage.settle();
  CHECK(string_at(stage.get("Pod", "job"), "status.phase") == "Succeeded");
  stage.remove("Pod", "once");
  CHECK(stage.get("Pod", "once").is_null());
}

TEST_CASE("A missing image is shown as in Kubernetes and heals when it appears") {
  PodStage stage;
  stage.create("Pod", one_pod("shop", {{"image", "shop:v9"}}));
  CHECK(container_state(stage.get("Pod", "shop")) == "waiting ErrImagePull");
  CHECK(string_at(stage.get("Pod", "shop"), "status.phase") == "Pending");
  stage.clock.advance(seconds(2));
  const Json pod = stage.get("Pod", "shop");
  CHECK(container_state(pod) == "waiting ImagePullBackOff");
  CHECK_THAT(string_at(pod["status"]["containerStatuses"][0], "state.waiting.message"),
             Catch::StartsWith("Back-off pulling image \"shop:v9\": ErrImagePull: failed to pull "
                               "image \"shop:v9\": no folder "));
  CHECK(stage.events_about("shop").contains("BackOff"));
  CHECK(stage.events_about("shop").contains("Failed"));
  stage.folder.write("images/shop/v9/image.json", R"({"entrypoint": ["shop"]})");
  stage.clock.advance(seconds(1));
  CHECK(container_state(stage.get("Pod", "shop")) == "running");
  CHECK(restarts(stage.get("Pod", "shop")) == 0);
}

TEST_CASE("A missing ConfigMap holds the container back until it is there") {
  PodStage stage;
  const Json env = Json::array(
      {{{"name", "MODE"},
        {"valueFrom", {{"configMapKeyRef", {{"name", "settings"}, {"key", "mode"}}}}}}});
  stage.create("Pod", one_pod("shop", {{"env", env}}));
  const Json pod = stage.get("Pod", "shop");
  CHECK(container_state(pod) == "waiting CreateContainerConfigError");
  CHECK(string_at(pod["status"]["containerStatuses"][0], "state.waiting.message") ==
        "configmap \"settings\" not found");
  stage.create("ConfigMap", {{"apiVersion", "v1"},
                             {"kind", "ConfigMap"},
                             {"metadata", {{"name", "settings"}}},
                             {"data", {{"mode", "fast"}}}});
  stage.clock.advance(seconds(1));
  CHECK(container_state(stage.get("Pod", "shop")) == "running");
  const auto& env_of = stage.runner.programs.at(1).spec.env;
  CHECK(std::find(env_of.begin(), env_of.end(),
                  std::pair<std::string, std::string>("MODE", "fast")) != env_of.end());
}

TEST_CASE("Init containers run in order before the others") {
  PodStage stage;
  const Json init = Json::array(
      {{{"name", "one"}, {"image", "shop:v1"}}, {{"name", "two"}, {"image", "shop:v1"}}});
  stage.create("Pod", one_pod("shop", Json::object(), {{"initContainers", init}}));
  CHECK(stage.runner.programs.size() == 1);
  CHECK(container_state(stage.get("Pod", "shop")) == "waiting PodInitializing");
  CHECK_FALSE(holds(stage.get("Pod", "shop"), "Initialized"));
  stage.runner.exit(1, 1);
  stage.settle();
  CHECK(stage.runner.programs.size() == 2);
  stage.runner.exit(2, 0);
  stage.settle();
  CHECK(stage.runner.programs.size() == 3);
  CHECK(stage.runner.running() == 1);
  stage.runner.exit(3, 0);
  stage.settle();
  CHECK(container_state(stage.get("Pod", "shop")) == "running");
  CHECK(holds(stage.get("Pod", "shop"), "Initialized"));
}

TEST_CASE("Readiness follows the probe, within its thresholds") {
  PodStage stage;
  stage.actions.failing = {"/ready"};
  stage.create("Pod", one_pod("shop", {{"readinessProbe", http_probe("/ready", 2, 2)}}));
  CHECK(container_state(stage.get("Pod", "shop")) == "running");
  CHECK_FALSE(holds(stage.get("Pod", "shop"), "Ready"));
  CHECK(stage.events_about("shop").contains("Unhealthy"));
  stage.actions.failing.clear();
  stage.clock.advance(milliseconds(250));
  CHECK(holds(stage.get("Pod", "shop"), "Ready"));
  stage.actions.failing = {"/ready"};
  stage.clock.advance(seconds(2));
  CHECK(holds(stage.get("Pod", "shop"), "Ready"));
  stage.clock.advance(seconds(2));
  CHECK_FALSE(holds(stage.get("Pod", "shop"), "Ready"));
  CHECK(restarts(stage.get("Pod", "shop")) == 0);
}

TEST_CASE("A failed liveness probe restarts the container, after the startup probe has passed") {
  PodStage stage;
  stage.actions.failing = {"/started", "/alive"};
  stage.create("Pod", one_pod("shop", {{"startupProbe", http_probe("/started", 1, 5)},
                                       {"livenessProbe", http_probe("/alive", 1, 2)}}));
  stage.clock.advance(seconds(2));
  CHECK(restarts(stage.get("Pod", "shop")) == 0);
  CHECK_FALSE(holds(stage.get("Pod", "shop"), "Ready"));
  stage.actions.failing = {"/alive"};
  stage.clock.advance(seconds(1));
  CHECK(holds(stage.get("Pod", "shop"), "Ready"));
  stage.clock.advance(seconds(1));
  const Json pod = stage.get("Pod", "shop");
  CHECK(restarts(pod) == 1);
  CHECK(int_at(pod["status"]["containerStatuses"][0], "lastState.terminated.exitCode") == 143);
  CHECK(stage.events_about("shop").contains("Killing"));
}

TEST_CASE("A deleted pod gets SIGTERM, its grace, SIGKILL, and is then gone") {
  PodStage stage;
  stage.runner.stubborn = {"shop"};
  stage.create(
      "Pod",
      one_pod("shop",
              {{"lifecycle", {{"preStop", {{"exec", {{"command", Json::array({"bye"})}}}}}}}},
              {{"terminationGracePeriodSeconds", 5}}));
  stage.remove("Pod", "shop");
  CHECK(stage.actions.performed == std::vector<std::string>{"exec"});
  CHECK(stage.runner.programs.at(1).signals == std::vector<int>{SIGTERM});
  CHECK_FALSE(stage.get("Pod", "shop").is_null());
  stage.clock.advance(seconds(4));
  CHECK(stage.runner.running() == 1);
  stage.clock.advance(seconds(1));
  CHECK(stage.runner.programs.at(1).signals == std::vector<int>{SIGTERM, SIGKILL});
  CHECK(stage.get("Pod", "shop").is_null());
}

TEST_CASE("Deleting again with less grace shortens it; force kills at once") {
  PodStage stage;
  stage.runner.stubborn = {"a", "b"};
  stage.create("Pod", one_pod("a"));
  stage.create("Pod", one_pod("b"));
  stage.remove("Pod", "a");
  stage.remove("Pod", "a", 2);
  stage.clock.advance(seconds(2));
  CHECK(stage.get("Pod", "a").is_null());
  stage.remove("Pod", "b", 0);
  CHECK(stage.runner.running() == 0);
  CHECK(stage.get("Pod", "b").is_null());
}

TEST_CASE("A preStop hook that hangs is waited for within the grace only, however that shrinks") {
  PodStage stage;
  stage.actions.hanging = {"exec"};
  const Json hook{{"lifecycle", {{"preStop", {{"exec", {{"command", Json::array({"bye"})}}}}}}}};
  for (const char* name : {"patient", "hurried"}) {
    stage.create("Pod", one_pod(name, hook, {{"terminationGracePeriodSeconds", 3600}}));
    stage.remove("Pod", name);
  }
  stage.clock.advance(seconds(60));
  CHECK(stage.runner.running() == 2);
  stage.remove("Pod", "hurried", 0);
  CHECK(stage.runner.running() == 1);
  stage.remove("Pod", "patient", 5);
  stage.clock.advance(seconds(4));
  CHECK(stage.runner.running() == 1);
  stage.clock.advance(seconds(1));
  CHECK(stage.runner.running() == 0);
  CHECK(stage.get("Pod", "patient").is_null());
}

TEST_CASE("A grace beyond all bounds is a long one") {
  PodStage stage;
  stage.runner.stubborn = {"shop"};
  const int64_t for_ever = std::numeric_limits<int64_t>::max();
  stage.create("Pod",
               one_pod("shop", Json::object(), {{"terminationGracePeriodSeconds", for_ever}}));
  stage.remove("Pod", "shop");
  stage.clock.advance(std::chrono::hours(24));
  CHECK(stage.runner.running() == 1);
  CHECK(stage.runner.programs.at(1).signals == std::vector<int>{SIGTERM});
}

TEST_CASE("A full node lets pods wait until others have gone") {
  PodStage stage;
  stage.pods_max = 2;
  stage.restart();
  CHECK(string_at(stage.get("Node", "local"), "status.capacity.pods") == "2");
  for (const char* name : {"a", "b", "c", "d"}) stage.create("Pod", one_pod(name));
  CHECK(stage.runner.running() == 2);
  const Json waiting = stage.get("Pod", "c");
  CHECK(string_at(waiting, "status.phase") == "Pending");
  CHECK_FALSE(holds(waiting, "PodScheduled"));
  CHECK(string_at(waiting, "spec.nodeName").empty());
  CHECK(stage.events_about("c") == std::multiset<std::string>{"FailedScheduling"});
  stage.remove("Pod", "c");
  CHECK(stage.get("Pod", "c").is_null());
  stage.create("Pod", one_pod("e"));
  stage.remove("Pod", "a");
  CHECK(holds(stage.get("Pod", "d"), "Ready"));
  CHECK(holds(stage.get("Pod", "d"), "PodScheduled"));
  CHECK_FALSE(holds(stage.get("Pod", "e"), "Ready"));
  stage.remove("Pod", "b");
  CHECK(holds(stage.get("Pod", "e"), "Ready"));
  CHECK(stage.runner.running() == 2);
}

TEST_CASE("A crowd of pods fills the node and no more") {
  PodStage stage;
  stage.pods_max = 3;
  stage.restart();
  stage.create("ReplicaSet", replicaset_of("shop", 8));
  CHECK(stage.runner.running() == 3);
  CHECK(int_at(stage.get("ReplicaSet", "shop"), "status.replicas") == 8);
  CHECK(int_at(stage.get("ReplicaSet", "shop"), "status.readyReplicas") == 3);
  stage.patch("ReplicaSet", "shop", {{"spec", {{"replicas", 2}}}});
  CHECK(stage.runner.running() == 2);
  CHECK(int_at(stage.get("ReplicaSet", "shop"), "status.readyReplicas") == 2);
}

TEST_CASE("An address is not given out again at once") {
  PodStage stage;
  stage.create("Pod", one_pod("a"));
  stage.remove("Pod", "a");
  stage.create("Pod", one_pod("a"));
  CHECK(string_at(stage.get("Pod", "a"), "status.podIP") == "127.64.0.2");
}

TEST_CASE("After a restart of the program every pod starts anew with its count raised") {
  PodStage stage;
  stage.create("Pod", one_pod("shop"));
  stage.create("Pod", one_pod("once", Json::object(), {{"restartPolicy", "Never"}}));
  const std::string address = string_at(stage.get("Pod", "shop"), "status.podIP");
  stage.restart();
  const Json pod = stage.get("Pod", "shop");
  CHECK(container_state(pod) == "running");
  CHECK(restarts(pod) == 1);
  CHECK(string_at(pod, "status.podIP") == address);
  CHECK(int_at(pod["status"]["containerStatuses"][0], "lastState.terminated.exitCode") == 137);
  CHECK(string_at(stage.get("Pod", "once"), "status.phase") == "Failed");
  CHECK(stage.runner.running() == 1);
}

TEST_CASE("A pod that was being deleted when the program died is gone after the restart") {
  PodStage stage;
  stage.runner.stubborn = {"shop"};
  stage.create("Pod", one_pod("shop"));
  stage.remove("Pod", "shop");
  stage.restart();
  CHECK(stage.get("Pod", "shop").is_null());
  CHECK(stage.runner.running() == 0);
}

TEST_CASE("A pod that does not listen on its address is told so; addresses in use are left out") {
  PodStage stage;
  stage.listeners = {{"127.64.0.1", 8080}, {"127.0.0.1", 8080}};
  stage.create("Pod", one_pod("shop"));
  CHECK(string_at(stage.get("Pod", "shop"), "status.podIP") == "127.64.0.2");
  stage.clock.advance(seconds(9));
  CHECK_FALSE(stage.events_about("shop").contains("NotListening"));
  stage.clock.advance(seconds(1));
  CHECK(stage.events_about("shop").contains("NotListening"));
}

TEST_CASE("A pod that crashes because it binds to all addresses is told so at once") {
  PodStage stage;
  for (const char* name : {"shop", "cart"}) stage.create("Pod", one_pod(name));
  const uint64_t shop = stage.runner.newest("shop");
  std::ofstream(stage.runner.programs.at(shop).spec.log.path)
      << "2026-01-01T00:00:01.000000001Z OSError: [Errno 98] Address already in use\n";
  stage.runner.exit(shop, 1);
  stage.runner.exit(stage.runner.newest("cart"), 1);
  stage.settle();
  CHECK(stage.events_about("shop").contains("NotListening"));
  CHECK_FALSE(stage.events_about("cart").contains("NotListening"));
}

TEST_CASE("A pod for another node is refused in words, and can be deleted") {
  PodStage stage;
  stage.create("Pod", one_pod("shop", Json::object(), {{"nodeName", "gke-1"}}));
  CHECK(string_at(stage.get("Pod", "shop"), "status.message") ==
        "spec.nodeName: there is no node \"gke-1\", only \"local\"");
  CHECK(stage.runner.programs.empty());
  stage.remove("Pod", "shop");
  CHECK(stage.get("Pod", "shop").is_null());
}

TEST_CASE("A probe that fails is told of once a period, however often it is asked") {
  PodStage stage;
  stage.actions.failing = {"/ready"};
  stage.create("Pod", one_pod("shop", {{"readinessProbe", http_probe("/ready", 10, 3)}}));
  stage.clock.advance(seconds(59));
  CHECK(stage.actions.performed.size() > 200);
  for (const Json& event : stage.list("Event"))
    if (string_at(event, "reason") == "Unhealthy") CHECK(int_at(event, "count") == 6);
  CHECK(stage.events_about("shop").contains("Unhealthy"));
}

TEST_CASE("What the local cluster cannot run is refused in words") {
  PodStage stage;
  const Json probe{{"grpc", {{"port", 9000}}}};
  stage.create("Pod", one_pod("shop", {{"readinessProbe", probe}}));
  const Json pod = stage.get("Pod", "shop");
  CHECK(string_at(pod, "status.reason") == "UnsupportedSpec");
  CHECK(string_at(pod, "status.message").starts_with("spec.containers[0].readinessProbe: one of"));
  stage.remove("Pod", "shop");
  CHECK(stage.get("Pod", "shop").is_null());
}

}  // namespace sluice::local
