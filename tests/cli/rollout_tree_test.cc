// What `sluice get rollout` shows, line by line.

#include "cli/look/rollout_tree.h"

#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <sstream>

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::test;

namespace {

std::vector<std::string> lines_of(const RolloutInfo& info) {
  std::istringstream text(render_rollout(info, kNow, {.color = false}));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

Json pod(const std::string& name, const Json& container_status) {
  return {
      {"apiVersion", "v1"},
      {"kind", "Pod"},
      {"metadata",
       {{"name", name},
        {"namespace", "default"},
        {"creationTimestamp", "2026-11-21T12:05:00Z"},
        {"ownerReferences", Json::array({{{"apiVersion", "apps/v1"},
                                          {"kind", "ReplicaSet"},
                                          {"name", "shop-three"},
                                          {"uid", "uid-three"},
                                          {"controller", true}}})}}},
      {"spec", {{"containers", Json::array({{{"name", "shop"}}})}}},
      {"status", {{"phase", "Running"}, {"containerStatuses", Json::array({container_status})}}}};
}

Json analysis_run() {
  return Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
    "metadata": {"name": "shop-three-3-1", "namespace": "default",
                 "creationTimestamp": "2026-11-21T12:08:00Z",
                 "annotations": {"rollout.argoproj.io/revision": "3"},
                 "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
                                      "name": "shop", "uid": "rollout-uid", "controller": true}]},
    "spec": {"metrics": []},
    "status": {"phase": "Running", "metricResults": [
      {"name": "a", "phase": "Running", "successful": 3, "failed": 1, "count": 4},
      {"name": "b", "phase": "Running", "successful": 9, "count": 9, "dryRun": true}]}})");
}

RolloutInfo paused_info() {
  RolloutObjects objects = objects_of(paused_rollout());
  objects.pods = {
      object(pod("shop-three-a", {{"ready", true}, {"restartCount", 2}})),
      object(pod("shop-three-b",
                 {{"ready", false}, {"state", {{"waiting", {{"reason", "CrashLoopBackOff"}}}}}}))};
  objects.analysis_runs = {object(analysis_run())};
  return make_rollout_info(objects);
}

/// 20% of the traffic is confirmed to be with the canary.
Json routed_rollout() {
  Json rollout = paused_rollout();
  rollout["spec"]["strategy"]["canary"].update(
      {{"stableService", "s"},
       {"canaryService", "c"},
       {"trafficRouting", {{"gatewayAPI", {{"httpRoute", "shop"}}}}}});
  rollout["status"]["canary"]["weights"] = {
      {"canary", {{"weight", 20}, {"serviceName", "c"}, {"podTemplateHash", "three"}}},
      {"stable", {{"weight", 80}, {"serviceName", "s"}, {"podTemplateHash", "two"}}},
      {"verified", true}};
  return rollout;
}

}  // namespace

TEST_CASE("a Rollout in mid-update is shown whole", "[tree]") {
  const std::vector<std::string> expected = {
      "Name:            shop",
      "Namespace:       default",
      "Status:          ॥ Paused",
      "Message:         CanaryPauseStep",
      "Strategy:        Canary",
      "  Step:          1/4",
      "  SetWeight:     25",
      "  ActualWeight:  20",
      "Images:          shop:v3 (canary)",
      "                 shop:v2 (stable)",
      "Replicas:",
      "  Desired:       4",
      "  Current:       4",
      "  Updated:       1",
      "  Ready:         4",
      "  Available:     4",
      "",
      "NAME                         KIND         STATUS              AGE    INFO",
      "⟳ shop                       Rollout      ॥ Paused            130m",
      "├──# revision:3",
      "│  ├──⧉ shop-three           ReplicaSet   ✔ Healthy           10m    canary",
      "│  │  ├──□ shop-three-a      Pod          ✔ Running           5m     ready:1/1,restarts:2",
      "│  │  └──□ shop-three-b      Pod          ✖ CrashLoopBackOff  5m     ready:0/1",
      "│  └──α shop-three-3-1       AnalysisRun  ◌ Running           2m     ✔ 3,✖ 1",
      "├──# revision:2",
      "│  └──⧉ shop-two             ReplicaSet   ✔ Healthy           70m    stable",
      "└──# revision:1",
      "   └──⧉ shop-one             ReplicaSet   • ScaledDown        130m"};
  const std::vector<std::string> shown = lines_of(paused_info());
  for (size_t i = 0; i < std::min(shown.size(), expected.size()); ++i) {
    INFO("line " << i);
    // Columns may widen; the words and their order count.
    std::istringstream left(shown[i]);
    std::istringstream right(expected[i]);
    const std::vector<std::string> words{std::istream_iterator<std::string>(left), {}};
    const std::vector<std::string> wanted{std::istream_iterator<std::string>(right), {}};
    CHECK(words == wanted);
  }
  CHECK(shown.size() == expected.size());
}

TEST_CASE("what a Rollout waits for is shown below its message, in the order of the status",
          "[tree]") {
  Json rollout = paused_rollout();
  rollout["status"]["waitingFor"] = Json::parse(R"([
    {"reason": "ImageNotPulled", "message": "no such tag", "since": "2026-11-21T12:05:31Z",
     "object": {"kind": "ReplicaSet", "name": "shop-three"},
     "observed": "0 available", "wanted": "1 available"},
    {"reason": "CanaryPauseStep", "message": "CanaryPauseStep", "since": "2026-11-21T12:06:00Z",
     "nextLook": "2026-11-21T12:16:00Z"}])");
  const RolloutInfo info = make_rollout_info(objects_of(rollout));
  const std::vector<std::string> shown = lines_of(info);
  REQUIRE(shown.size() > 6);
  CHECK(shown[3] == "Message:         CanaryPauseStep");
  CHECK(shown[4] ==
        "Waits for:       ImageNotPulled ReplicaSet/shop-three since 2026-11-21T12:05:31Z: "
        "no such tag; observed 0 available, wanted 1 available");
  CHECK(shown[5] ==
        "                 CanaryPauseStep since 2026-11-21T12:06:00Z: next look "
        "2026-11-21T12:16:00Z");
  CHECK(shown[6] == "Strategy:        Canary");
  CHECK(encode_rollout_info(info, kNow)["waitingFor"] == rollout["status"]["waitingFor"]);
}

TEST_CASE("the same facts as JSON", "[tree]") {
  const Json info = encode_rollout_info(paused_info(), kNow);
  CHECK(info["status"] == "Paused");
  CHECK(info["step"] == 1);
  CHECK(info["steps"] == 4);
  CHECK(info["setWeight"] == 25);
  CHECK(info["stableHash"] == "two");
  CHECK(info["currentHash"] == "three");
  CHECK(info["replicas"]["desired"] == 4);
  REQUIRE(info["revisions"].size() == 3);
  const Json& newest = info["revisions"][0];
  CHECK(newest["revision"] == 3);
  CHECK(newest["replicaSets"][0]["role"] == "canary");
  CHECK(newest["replicaSets"][0]["pods"].size() == 2);
  CHECK(newest["analysisRuns"][0]["successful"] == 3);
}

TEST_CASE("the weight that steps ask for", "[tree]") {
  Json rollout = paused_rollout();
  rollout["status"]["currentStepIndex"] = 2;
  CHECK(set_weight_of(decode(rollout)) == 50);
  rollout["status"]["currentStepIndex"] = 4;
  CHECK(set_weight_of(decode(rollout)) == 100);
  rollout["status"]["abort"] = true;
  CHECK(set_weight_of(decode(rollout)) == 0);
  CHECK(set_weight_of(decode(healthy_rollout())) == 100);
}

TEST_CASE("the weight that is known to be served", "[tree]") {
  Json rollout = routed_rollout();
  const auto shown = [&rollout] {
    return actual_weight_of(make_rollout_info(objects_of(rollout)));
  };
  CHECK(shown() == 20);
  rollout["status"]["stableRS"] = "three";
  CHECK(shown() == 100);
  // Such as ingress-nginx: what its objects hold is all that is known.
  rollout["status"]["canary"]["weights"].erase("verified");
  CHECK(shown() == 100);
}

TEST_CASE("a weight that nobody has seen in force is unknown", "[tree]") {
  Json rollout = routed_rollout();
  SECTION("it is asked for, or the route is missing, refused or somebody else's") {
    rollout["status"]["canary"]["weights"]["verified"] = false;
  }
  SECTION("no controller has seen the spec, which may name another router") {
    rollout["metadata"]["generation"] = 5;
  }
  SECTION("the router is gone from the spec and may still hold traffic") {
    rollout["spec"]["strategy"]["canary"].erase("trafficRouting");
    rollout["status"]["canary"].erase("weights");
    rollout["status"]["routings"] =
        Json::array({{{"stableService", "s"},
                      {"canaryService", "c"},
                      {"trafficRouting", {{"gatewayAPI", {{"httpRoute", "shop"}}}}}}});
  }
  SECTION("nothing has been routed yet") {
    rollout["status"].erase("canary");
  }
  const RolloutInfo info = make_rollout_info(objects_of(rollout));
  CHECK_FALSE(actual_weight_of(info));
  CHECK(encode_rollout_info(info, kNow)["actualWeight"].is_null());
  const std::vector<std::string> lines = lines_of(info);
  CHECK(std::ranges::find(lines, "  ActualWeight:  unknown") != lines.end());
}

TEST_CASE("without routing the share of available pods is what is seen", "[tree]") {
  RolloutObjects objects = objects_of(paused_rollout());
  const auto shown = [&objects] { return actual_weight_of(make_rollout_info(objects)); };
  CHECK(shown() == 20);  // One of five.
  objects.replica_sets[2] = object(replica_set(3, "three", 2, false));
  CHECK(shown() == 33);  // Two of six.
  objects.replica_sets[1] = object(replica_set(2, "two", 0, true));
  CHECK(shown() == 100);
  objects.replica_sets[2] = object(replica_set(3, "three", 0, false));
  CHECK_FALSE(shown());
  CHECK(actual_weight_of(make_rollout_info(objects_of(healthy_rollout()))) == 100);
}

TEST_CASE("phases bear a sign, and colour where asked", "[tree]") {
  CHECK(phase_text("Healthy", {.color = false}) == "✔ Healthy");
  CHECK(phase_text("Healthy", {.color = true}) == "\x1b[32m✔\x1b[0m Healthy");
  CHECK(phase_text("ScaledDown", {.color = true}) == "• ScaledDown");
  CHECK(phase_text("", {.color = true}).empty());
}

TEST_CASE("a ReplicaSet says what it is to a Rollout", "[tree]") {
  CHECK(role_of({.stable = true}) == "stable");
  CHECK(role_of({.canary = true}) == "canary");
  CHECK(role_of({.stable = true, .active = true}) == "stable,active");
  CHECK(role_of({.preview = true}) == "preview");
  CHECK(role_of({}) == "");
}
