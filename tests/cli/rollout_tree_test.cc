// What `sluice get rollout` shows, line by line.

#include "cli/rollout_tree.h"

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

const SystemTime kNow = *parse_time("2026-11-21T12:10:00Z");

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
      "  ActualWeight:  25",
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

TEST_CASE("the same facts as JSON", "[tree]") {
  const Json info = encode_rollout_info(paused_info());
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
  Json rollout = paused_rollout();
  rollout["status"]["canary"]["weights"] = {
      {"canary", {{"weight", 20}, {"serviceName", "c"}, {"podTemplateHash", "three"}}},
      {"stable", {{"weight", 80}, {"serviceName", "s"}, {"podTemplateHash", "two"}}}};
  CHECK(actual_weight_of(decode(rollout)) == 20);
  rollout["status"]["stableRS"] = "three";
  CHECK(actual_weight_of(decode(rollout)) == 100);
}

TEST_CASE("phases bear a sign, and colour where asked", "[tree]") {
  CHECK(phase_text("Healthy", {.color = false}) == "✔ Healthy");
  CHECK(phase_text("Healthy", {.color = true}) == "\x1b[32m✔\x1b[0m Healthy");
  CHECK(phase_text("ScaledDown", {.color = true}) == "• ScaledDown");
  CHECK(phase_text("", {.color = true}).empty());
}
