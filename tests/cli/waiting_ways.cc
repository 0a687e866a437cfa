#include "tests/cli/waiting_ways.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::cli::test {

using namespace controller::test;

Json steps_with(const Json& step) {
  return Json::array({weight_step(20), step, weight_step(60)});
}

void release(ControllerWorld& world) {
  world.release("shop:v2");
}

namespace {

constexpr const char* kReady = R"({"conditions": [{"type": "Ready", "status": "True"}]})";

/// A pod of the ReplicaSet with that image, in the state that a kubelet tells.
void add_pod(ControllerWorld& world, const std::string& image, const char* status,
             const std::string& name) {
  const Json set = world.revision(image);
  REQUIRE(set.is_object());
  Json pod = {{"apiVersion", "v1"}, {"kind", "Pod"}, {"spec", set["spec"]["template"]["spec"]}};
  pod["metadata"] = {{"name", name},
                     {"labels", set["spec"]["template"]["metadata"]["labels"]},
                     {"ownerReferences", Json::array({{{"apiVersion", "apps/v1"},
                                                       {"kind", "ReplicaSet"},
                                                       {"name", set["metadata"]["name"]},
                                                       {"uid", set["metadata"]["uid"]},
                                                       {"controller", true}}})}};
  world.create(pod);
  world.patch("Pod", name, {{"status", Json::parse(status)}}, kube::Subresource::Status);
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

/// Of all pods that are older than this second.
void restart(ControllerWorld& world) {
  world.tick(2);
  const auto now = std::chrono::floor<std::chrono::seconds>(world.clock.system_now());
  world.patch("Rollout", "shop", {{"spec", {{"restartAt", format_time(now)}}}});
}

}  // namespace

std::function<void(ControllerWorld&)> release_with_pod(const char* status) {
  return [status](ControllerWorld& world) {
    world.kubelet->available_max["shop:v2"] = 0;
    world.release("shop:v2");
    world.tick();
    add_pod(world, "shop:v2", status, "shop-pod");
  };
}

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
      {"pods that cannot start",
       steps,
       release_with_pod(R"({"containerStatuses": [{"name": "shop",
         "ready": false, "restartCount": 0, "image": "shop:v2", "imageID": "", "state": {"waiting":
         {"reason": "CreateContainerConfigError", "message": "secret \"keys\" not found"}}}]})"),
       {"Progressing - pod shop-pod: container shop: CreateContainerConfigError: secret \"keys\" "
        "not found; 0 of 1",
        "\n  PodsCannotStart ReplicaSet/shop-"}},
      {"pods that are not ready",
       steps,
       release_with_pod(R"({"containerStatuses": [{"name": "shop",
         "ready": false, "restartCount": 0, "image": "shop:v2", "imageID": "",
         "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]})"),
       {"Progressing - pod shop-pod: container shop runs since 2026-01-01T00:00:00Z and is not "
        "ready; 0 of 1",
        "\n  PodsNotReady ReplicaSet/shop-"}},
  };
}

std::vector<Way> ways_of_services() {
  return {
      {"a Service whose pods are coming",
       steps_with(pause_step()),
       [](ControllerWorld& world) {
         world.kubelet->available_max["shop:v2"] = 0;
         world.release("shop:v2");
       },
       {"Progressing - 0 of 1 pods of revision 2 are available\n",
        "\n  WaitingForService Service/shop-canary since ",
        ": service shop-canary waits to select shop-", "; observed ", ", wanted "}},
  };
}

std::vector<Way> ways_of_restarts() {
  const Json steps = steps_with(pause_step());
  return {
      {"a restart",
       steps,
       [](ControllerWorld& world) {
         for (const char* name : {"shop-a", "shop-b", "shop-c"})
           add_pod(world, "shop:v1", kReady, name);
         restart(world);
       },
       {"Progressing - rollout is restarting: 3 pods are older than 20",
        "\n  WaitingForRestart ReplicaSet/shop-", ": observed 3 older pods, wanted 0 older pods"}},
      {"a restart that a budget holds up",
       steps,
       [](ControllerWorld& world) {
         for (const char* name : {"shop-a", "shop-b", "shop-c", "shop-d", "shop-e"})
           add_pod(world, "shop:v1", kReady, name);
         world.create(Json::parse(R"({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
           "metadata": {"name": "shop", "namespace": "default"},
           "spec": {"minAvailable": 5, "selector": {"matchLabels": {"app": "shop"}}}})"));
         restart(world);
       },
       {"Progressing - rollout is restarting: 5 pods are older than 20",
        "; EvictionRefused: pod shop-a is not evicted: ", "The disruption budget shop needs 5",
        "\n  EvictionRefused Pod/shop-a since ", "\n  WaitingForRestart ReplicaSet/shop-"}},
  };
}

std::vector<Way> ways_back() {
  const Json steps = steps_with(pause_step());
  return {
      {"a stable revision that is down",
       steps,
       [](ControllerWorld& world) {
         world.release("shop:v2");
         REQUIRE(world.run_until_phase("Paused"));
         world.kubelet->available_max["shop:v1"] = 0;
         world.tick(2);
         world.abort();
       },
       {"Degraded - RolloutAborted: ",
        "; StableLacksCapacity: canary weight stays at 20 instead of 0: 0 of 5 pods",
        "\n  StableLacksCapacity ReplicaSet/shop-", ": observed weight 20, wanted weight 0"}},
      {"pods that are kept for their delay",
       steps,
       [](ControllerWorld& world) {
         world.patch(
             "Rollout", "shop",
             {{"spec", {{"strategy", {{"canary", {{"abortScaleDownDelaySeconds", 600}}}}}}}});
         world.release("shop:v2");
         REQUIRE(world.run_until_phase("Paused"));
         world.abort();
       },
       {"Degraded - RolloutAborted: ", "\n  WaitingForOldPods ReplicaSet/shop-",
        " is kept until 20", "; observed 1 pods, wanted 0 pods; next look 20"}},
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

}  // namespace sluice::cli::test
