// What a kubelet says of a pod, and what is told of it.

#include "controller/pod_trouble.h"

#include "engine/reasons.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::controller;

namespace {

Json pod(const char* status) {
  Json made = Json::parse(R"({"metadata": {"name": "shop-x"},
                              "spec": {"containers": [{"name": "shop", "image": "shop:v9"}]}})");
  made["status"] = Json::parse(status);
  return made;
}

struct Case {
  std::string_view reason;
  const char* status;
  std::string message;
};

}  // namespace

TEST_CASE("each trouble of a pod is told in one sentence", "[pods]") {
  const std::vector<Case> cases = {
      {engine::kImageNotPulled, R"({"containerStatuses": [{"name": "shop", "ready": false, "state":
         {"waiting": {"reason": "ErrImagePull", "message": "shop:v9: not found"}}}]})",
       "the image shop:v9 of container shop cannot be pulled: shop:v9: not found"},
      {engine::kImageNotPulled, R"({"containerStatuses": [{"name": "shop", "ready": false, "state":
         {"waiting": {"reason": "ImagePullBackOff",
                      "message": "Back-off pulling image \"shop:v9\""}}}]})",
       "the image shop:v9 of container shop cannot be pulled"},
      {engine::kImageNotPulled, R"({"containerStatuses": [{"name": "shop", "ready": false, "state":
         {"waiting": {"reason": "ImagePullBackOff",
                      "message": "Back-off pulling image \"shop:v9\": ErrImagePull: no such tag"}}}]})",
       "the image shop:v9 of container shop cannot be pulled: no such tag"},
      {engine::kPodsCannotStart, R"({"containerStatuses": [{"name": "shop", "ready": false, "state":
         {"waiting": {"reason": "CreateContainerConfigError",
                      "message": "secret \"keys\" not found"}}}]})",
       "container shop: CreateContainerConfigError: secret \"keys\" not found"},
      {engine::kPodsCrash, R"({"containerStatuses": [{"name": "shop", "ready": false,
         "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff",
                                                  "message": "back-off 40s restarting"}},
         "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}]})",
       "container shop ended with exit code 1, 4 restarts"},
      {engine::kPodsCrash, R"({"containerStatuses": [{"name": "shop", "ready": false,
         "restartCount": 1, "state": {"running": {"startedAt": "2026-11-21T12:00:00Z"}},
         "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]})",
       "container shop ended with exit code 137 (OOMKilled), 1 restart"},
      {engine::kPodsUnschedulable, R"({"phase": "Pending", "conditions": [
         {"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
          "message": "0/3 nodes are available: 3 Insufficient cpu."}]})",
       "no node takes it: 0/3 nodes are available: 3 Insufficient cpu."},
      {engine::kPodsCannotStart, R"({"phase": "Failed", "reason": "Evicted",
                                     "message": "The node was low on memory."})",
       "Evicted: The node was low on memory."},
      {engine::kPodsNotReady, R"({"containerStatuses": [{"name": "shop", "ready": false,
         "state": {"running": {"startedAt": "2026-11-21T12:00:00Z"}}}]})",
       "container shop runs since 2026-11-21T12:00:00Z and is not ready"},
  };
  for (const Case& one : cases) {
    INFO(one.message);
    const auto found = find_pod_trouble({pod(one.status)});
    REQUIRE(found);
    CHECK(found->reason == one.reason);
    CHECK(found->message == one.message);
    CHECK(found->pod == "shop-x");
  }
}

TEST_CASE("pods that are starting, ready or leaving have no trouble", "[pods]") {
  CHECK_FALSE(find_pod_trouble({}));
  CHECK_FALSE(find_pod_trouble({pod("{}")}));
  CHECK_FALSE(find_pod_trouble({pod(R"({"containerStatuses": [{"name": "shop", "ready": false,
    "state": {"waiting": {"reason": "ContainerCreating"}}}]})")}));
  CHECK_FALSE(find_pod_trouble({pod(R"({"containerStatuses": [{"name": "shop", "ready": true,
    "restartCount": 3, "state": {"running": {}},
    "lastState": {"terminated": {"exitCode": 1}}}]})")}));
  Json leaving = pod(R"({"phase": "Failed"})");
  leaving["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z";
  CHECK_FALSE(find_pod_trouble({leaving}));
  CHECK_FALSE(find_pod_trouble({pod(R"({"containerStatuses": "odd", "conditions": 3})")}));
}

TEST_CASE("of several pods the worst is told, and the fuller words for the same stay", "[pods]") {
  const Json slow = pod(R"({"containerStatuses": [{"name": "shop", "ready": false,
                            "state": {"running": {"startedAt": "x"}}}]})");
  const Json broken = pod(R"({"containerStatuses": [{"name": "shop", "ready": false, "state":
    {"waiting": {"reason": "ErrImagePull", "message": "gone"}}}]})");
  const Json backing_off = pod(R"({"containerStatuses": [{"name": "shop", "ready": false, "state":
    {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling"}}}]})");
  const auto first = find_pod_trouble({slow, broken});
  REQUIRE(first);
  CHECK(first->reason == engine::kImageNotPulled);
  CHECK(fuller(*first, *find_pod_trouble({backing_off})) == *first);
  CHECK(fuller(*first, *find_pod_trouble({slow})).reason == engine::kPodsNotReady);
}
