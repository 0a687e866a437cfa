// Every way to wait, the whole way: from what is wrong in a cluster, over the controller and the
// status in its API, to the lines that `sluice status` prints.

#include "cli/look/lease_words.h"
#include "cli/look/rollout_state.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <functional>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

constexpr int kSoon = 90;  // seconds; data may be missing for a minute before it is told

std::string status_of(const ControllerWorld& world) {
  return cli::state_text(crds::decode_rollout(world.rollout()).value, world.clock.system_now());
}

/// A pod of the ReplicaSet with that image, in the state that a kubelet tells.
void add_pod(ControllerWorld& world, const std::string& image, const char* status) {
  const Json set = world.revision(image);
  REQUIRE(set.is_object());
  Json pod = {{"apiVersion", "v1"}, {"kind", "Pod"}, {"spec", set["spec"]["template"]["spec"]}};
  pod["metadata"] = {{"name", "shop-pod"},
                     {"labels", set["spec"]["template"]["metadata"]["labels"]},
                     {"ownerReferences", Json::array({{{"apiVersion", "apps/v1"},
                                                       {"kind", "ReplicaSet"},
                                                       {"name", set["metadata"]["name"]},
                                                       {"uid", set["metadata"]["uid"]},
                                                       {"controller", true}}})}};
  world.create(pod);
  world.patch("Pod", "shop-pod", {{"status", Json::parse(status)}}, kube::Subresource::Status);
}

std::function<void(ControllerWorld&)> release_with_pod(const char* status) {
  return [status](ControllerWorld& world) {
    world.kubelet->available_max["shop:v2"] = 0;
    world.release("shop:v2");
    world.tick();
    add_pod(world, "shop:v2", status);
  };
}

void release(ControllerWorld& world) {
  world.release("shop:v2");
}

/// The gateway's answer to the route as it is now.
void gateway_says(ControllerWorld& world, const char* type, const char* message) {
  const Json route = world.get("HTTPRoute", "shop");
  Json conditions = Json::array();
  for (const char* name : {"Accepted", "ResolvedRefs"}) {
    const bool bad = std::string_view(name) == type;
    conditions.push_back({{"type", name},
                          {"status", bad ? "False" : "True"},
                          {"reason", name},
                          {"message", bad ? message : ""},
                          {"observedGeneration", route["metadata"]["generation"]},
                          {"lastTransitionTime", "2026-01-01T00:00:00Z"}});
  }
  const Json parent = {{"controllerName", "example.com/gateway"},
                       {"parentRef", {{"name", "gateway"}}},
                       {"conditions", conditions}};
  world.patch("HTTPRoute", "shop", {{"status", {{"parents", Json::array({parent})}}}},
              kube::Subresource::Status);
}

std::function<void(ControllerWorld&)> refused_route(const char* type, const char* message) {
  return [type, message](ControllerWorld& world) {
    world.release("shop:v2");
    REQUIRE(world.run_until([&] { return world.canary_weight() == 20; }));
    world.gateway->stuck = true;
    gateway_says(world, type, message);
  };
}

Json steps_with(const Json& last) {
  return Json::array({weight_step(20), last, weight_step(60)});
}

struct Way {
  std::string name;
  Json steps;
  std::function<void(ControllerWorld&)> arrange;
  std::vector<std::string> said;  ///< Parts of what is printed, in this order.
};

std::vector<Way> ways_of_pods() {
  const Json steps = steps_with(pause_step());
  return {
      {"image not pulled",
       steps,
       release_with_pod(R"({"containerStatuses": [{"name": "shop",
         "ready": false, "restartCount": 0, "image": "shop:v2", "imageID": "", "state": {"waiting":
         {"reason": "ErrImagePull", "message": "shop:v2: not found"}}}]})"),
       {"Progressing - pod shop-pod: the image shop:v2 of container shop cannot be pulled: "
        "shop:v2: not found; 0 of 1 pods of revision 2 are available\n",
        "  ImageNotPulled ReplicaSet/shop-", " since 20",
        ": observed 0 available, wanted 1 available"}},
      {"crash loop",
       steps,
       release_with_pod(R"({"containerStatuses": [{"name": "shop",
         "ready": false, "restartCount": 3, "image": "shop:v2", "imageID": "", "state": {"waiting":
         {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1}}}]})"),
       {"Progressing - pod shop-pod: container shop ended with exit code 1, 3 restarts; 0 of 1",
        "\n  PodsCrash ReplicaSet/shop-"}},
      {"no node",
       steps,
       release_with_pod(R"({"phase": "Pending", "conditions": [{"type":
         "PodScheduled", "status": "False", "reason": "Unschedulable",
         "message": "0/3 nodes are available"}]})"),
       {"Progressing - pod shop-pod: no node takes it: 0/3 nodes are available; 0 of 1",
        "\n  PodsUnschedulable ReplicaSet/shop-"}},
  };
}

std::vector<Way> ways_of_refusals() {
  const Json steps = steps_with(pause_step());
  return {
      {"quota",
       steps,
       [](ControllerWorld& world) {
         world.kubelet->available_max["shop:v2"] = 0;
         world.release("shop:v2");
         world.tick();
         const Json failure = {{"type", "ReplicaFailure"},
                               {"status", "True"},
                               {"reason", "FailedCreate"},
                               {"message", "exceeded quota: pods"}};
         world.patch("ReplicaSet", world.revision("shop:v2")["metadata"]["name"],
                     {{"status", {{"conditions", Json::array({failure})}}}},
                     kube::Subresource::Status);
       },
       {"Progressing - exceeded quota: pods: 0 of 1 pods", "\n  PodsRefused ReplicaSet/shop-"}},
      {"refused template",
       steps,
       [](ControllerWorld& world) {
         const Json containers = Json::array({{{"name", "shop"}}});
         world.patch("Rollout", "shop",
                     {{"spec", {{"template", {{"spec", {{"containers", containers}}}}}}}});
       },
       {"Degraded - InvalidSpec: ", "spec.template.spec.containers[0].image: Required value",
        "\n  InvalidSpec since ", "wanted a valid spec.template"}},
      {"deadline",
       steps,
       [](ControllerWorld& world) {
         world.patch("Rollout", "shop", {{"spec", {{"progressDeadlineSeconds", 10}}}});
         world.kubelet->available_max["shop:v2"] = 0;
         world.release("shop:v2");
       },
       {"Degraded - ProgressDeadlineExceeded: ReplicaSet \"shop-", "timed out progressing",
        "\n  WaitingForPods ReplicaSet/shop-", "0 of 1 pods of revision 2 are available"}},
  };
}

std::vector<Way> ways_of_traffic() {
  const Json steps = steps_with(pause_step(5));
  return {
      {"missing route",
       steps,
       [](ControllerWorld& world) {
         world.remove("HTTPRoute", "shop");
         world.release("shop:v2");
       },
       {"Progressing - argoproj-labs/gatewayAPI: HTTPRoute default/shop does not exist\n",
        "  TrafficRoutingError HTTPRoute/shop since ", "observed no weight, wanted weight 20"}},
      {"route not accepted",
       steps,
       refused_route("Accepted", "no such listener"),
       {"/gatewayAPI: HTTPRoute default/shop: the gateway says Accepted=False: no such listener",
        "\n  TrafficRoutingError HTTPRoute/shop since "}},
      {"backend not resolved",
       steps,
       refused_route("ResolvedRefs", "no such Service"),
       {"the gateway says ResolvedRefs=False: no such Service",
        "\n  TrafficRoutingError HTTPRoute/shop since "}},
      {"a gateway that does not answer",
       steps,
       [](ControllerWorld& world) {
         world.gateway->stuck = true;
         world.release("shop:v2");
       },
       {"Progressing - the routers have not confirmed that weight ",
        "HTTPRoute default/shop: the gateway has not taken up the latest change yet",
        "\n  WaitingForTraffic HTTPRoute/shop since ", "not confirmed, wanted weight "}},
      {"a write that is refused",
       steps,
       [](ControllerWorld& world) {
         world.store->refuse([](std::string_view verb, const kube::Resource& kind,
                                const std::string&) -> std::optional<Error> {
           if (verb != "create" || kind.plural != "replicasets") return std::nullopt;
           return forbidden("replicasets is forbidden: no such right");
         });
         world.release("shop:v2");
       },
       {"no such right", "\n  ReconciliationError since "}},
  };
}

std::vector<Way> ways_of_analyses() {
  const Json steps = steps_with(analysis_step());
  const auto measured = [](double rate) {
    return [rate](ControllerWorld& world) {
      world.success_rate = [rate](const std::string&) { return rate; };
      world.release("shop:v2");
    };
  };
  return {
      {"analysis under way",
       steps,
       measured(0.99),
       {"Progressing - step analysis run shop-",
        " is Running: success-rate 0.99, at least 0.95 (1 good, 0 bad)\n",
        "  WaitingForAnalysis AnalysisRun/shop-",
        "observed success-rate 0.99, wanted at least 0.95"}},
      {"no data",
       steps,
       measured(std::nan("")),
       {"Progressing - step analysis run shop-",
        "success-rate: no data yet: ", "\n  AnalysisWithoutData AnalysisRun/shop-"}},
      {"a source that is away",
       steps,
       [](ControllerWorld& world) {
         world.success_rate = [](const std::string&) -> Result<double> {
           return fail(unavailable("connection refused"));
         };
         world.release("shop:v2");
       },
       {"Progressing - step analysis run shop-", "success-rate: connection refused",
        "\n  AnalysisUnobservable AnalysisRun/shop-"}},
      {"a bad verdict",
       steps,
       measured(0.5),
       {"Degraded - RolloutAborted: Rollout aborted update to revision 2: ",
        "failureLimit (0): success-rate 0.5, at least 0.95 (0 good, 1 bad)",
        "\n  WaitingForRetry since "}},
  };
}

std::vector<Way> ways_of_people() {
  return {
      {"a pause without end",
       steps_with(pause_step()),
       release,
       {"Paused - CanaryPauseStep: until somebody promotes\n", "  WaitingForPromotion since "}},
      {"a pause",
       steps_with(pause_step(600)),
       release,
       {"Paused - CanaryPauseStep: until 20", "\n  WaitingForPause since ", ": next look 20"}},
      {"a freeze",
       steps_with(pause_step(600)),
       [](ControllerWorld& world) {
         world.patch("Rollout", "shop", {{"spec", {{"paused", true}}}});
       },
       {"Paused - manually paused\n", "  PausedByUser since ", "spec.paused is set: no step ends"}},
      {"an abort",
       steps_with(pause_step()),
       [](ControllerWorld& world) {
         world.release("shop:v2");
         REQUIRE(world.run_until_phase("Paused"));
         world.abort();
       },
       {"Degraded - RolloutAborted: Rollout aborted update to revision 2\n",
        "WaitingForRetry since ", "aborted: waits for a retry or for another revision"}},
      {"no controller",
       steps_with(pause_step()),
       [](ControllerWorld& world) {
         world.stop_controller();
         world.release("shop:v2");
       },
       {"Progressing - no controller has seen generation 2 of rollout \"shop\" (seen 1)",
        "\n  NoController: observed generation 1, wanted generation 2"}},
      {"a controller that is gone",
       steps_with(pause_step(20)),
       [](ControllerWorld& world) {
         world.release("shop:v2");
         REQUIRE(world.run_until_phase("Paused"));
         world.stop_controller();
         world.tick(120);
       },
       {"Paused - no controller looked at 20", "when it was due: is one running?",
        "\n  NoController since 20", "\n  WaitingForPause since "}},
  };
}

/// Whether the parts are there, in their order.
bool holds(const std::string& text, const std::vector<std::string>& parts) {
  size_t from = 0;
  for (const std::string& part : parts) {
    const size_t found = text.find(part, from);
    if (found == std::string::npos) return false;
    from = found + part.size();
  }
  return true;
}

void check_all(const std::vector<Way>& ways) {
  for (const Way& way : ways) {
    ControllerWorld world;
    world.deploy_shop(5, way.steps);
    way.arrange(world);
    const bool said = world.run_until([&] { return holds(status_of(world), way.said); }, kSoon);
    INFO(way.name << ":\n" << status_of(world) << "\n" << world.reasons());
    CHECK(said);
  }
}

TEST_CASE("where no controller acts its Lease says who should", "[waiting]") {
  const auto told = [](const Json& spec, const Json& annotations) {
    const Json lease = {
        {"apiVersion", "coordination.k8s.io/v1"},
        {"kind", "Lease"},
        {"metadata",
         {{"name", "sluice-controller"}, {"namespace", "sluice"}, {"annotations", annotations}}},
        {"spec", spec}};
    return cli::lease_words({*kube::make_object(lease)},
                            FakeClock::kStart + std::chrono::seconds(40));
  };
  const Json held = {{"holderIdentity", "pod-7"}, {"renewTime", "2026-01-01T00:00:00.000000Z"}};
  CHECK(cli::lease_words({}, FakeClock::kStart) == "");
  CHECK(told({{"holderIdentity", ""}}, Json::object()) ==
        "sluice/sluice-controller is held by nobody");
  CHECK(told(held, Json::object()) == "sluice/sluice-controller is held by pod-7, renewed 40s ago");
  CHECK(told(held, {{"sluice.dev/standing", "held back: a/b is held by argo"}}) ==
        "held back: a/b is held by argo (sluice/sluice-controller)");
}

}  // namespace

TEST_CASE("status prints which pods do not come, and why") {
  check_all(ways_of_pods());
}

TEST_CASE("status prints what the API server refuses, and a deadline that has passed") {
  check_all(ways_of_refusals());
}

TEST_CASE("status prints what the routers lack") {
  check_all(ways_of_traffic());
}

TEST_CASE("status prints the value of an analysis against its limit") {
  check_all(ways_of_analyses());
}

TEST_CASE("status prints which person or controller is waited for") {
  check_all(ways_of_people());
}

TEST_CASE("a trouble is told once as an event, and once more only after all was well") {
  ControllerWorld world;
  world.deploy_shop(5, steps_with(pause_step()));
  const auto told = [&world] {
    return std::count(world.events.codes.begin(), world.events.codes.end(), "ImageNotPulled");
  };
  release_with_pod(R"({"containerStatuses": [{"name": "shop", "ready": false, "restartCount": 0,
    "image": "shop:v2", "imageID": "", "state": {"waiting": {"reason": "ErrImagePull"}}}]})")(
      world);
  REQUIRE(world.run_until([&] { return told() == 1; }, kSoon));
  world.tick(100);
  CHECK(told() == 1);
}

TEST_CASE("while pods are waited for the status is written only when something changed") {
  ControllerWorld world;
  world.deploy_shop(5, steps_with(pause_step()));
  release_with_pod(R"({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status":
    "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}]})")(world);
  REQUIRE(world.run_until([&] { return holds(status_of(world), {"0/3 nodes"}); }, kSoon));
  world.tick(5);
  const Json before = world.rollout();
  world.tick(100);
  CHECK(world.rollout() == before);
}

TEST_CASE("where pods may not be listed, a release goes on and says what it knows") {
  ControllerWorld world;
  world.store->refuse([](std::string_view verb, const kube::Resource& kind,
                         const std::string&) -> std::optional<Error> {
    if (verb != "list" || kind.plural != "pods") return std::nullopt;
    return forbidden("pods is forbidden");
  });
  world.deploy_shop(5, steps_with(pause_step()));
  world.kubelet->available_max["shop:v2"] = 0;
  world.release("shop:v2");
  CHECK(world.run_until(
      [&] { return holds(status_of(world), {"0 of 1 pods of revision 2 are available"}); }));
  world.kubelet->available_max.clear();
  CHECK(world.run_until_phase("Paused"));
}
