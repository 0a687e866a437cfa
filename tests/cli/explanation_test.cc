// What `sluice explain` says, from the objects alone.

#include "cli/look/explanation.h"

#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::test;

namespace {

const SystemTime kNow = *parse_time("2026-11-21T12:10:00Z");

Json waiting_rollout() {
  Json rollout = paused_rollout();
  rollout["status"]["message"] = "CanaryPauseStep: until somebody promotes";
  rollout["status"]["waitingFor"] = Json::array({{{"reason", "WaitingForPromotion"},
                                                  {"message", "until somebody promotes"},
                                                  {"since", "2026-11-21T11:59:00Z"}}});
  rollout["metadata"]["annotations"]["sluice.dev/actions"] =
      R"([{"verb":"promote","by":"ann","at":"2026-11-21T11:58:00Z","reason":"looks fine","step":0}])";
  return rollout;
}

kube::Object judged_run(const char* name, const char* created, double value) {
  Json run = Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
    "metadata": {"namespace": "default",
                 "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
                                      "name": "shop", "uid": "rollout-uid", "controller": true}]},
    "spec": {"metrics": [{"name": "error-rate", "successCondition": "result[0] <= 0.01",
                          "provider": {"prometheus": {"query": "q"}}}]},
    "status": {"phase": "Successful", "metricResults": [
      {"name": "error-rate", "phase": "Successful", "successful": 2, "count": 2}]}})");
  run["metadata"]["name"] = name;
  run["metadata"]["creationTimestamp"] = created;
  run["status"]["metricResults"][0]["measurements"] =
      Json::array({{{"phase", "Successful"}, {"value", Json::array({value}).dump()}}});
  return object(run);
}

}  // namespace

TEST_CASE("an update is explained: what it waits for, what comes then, who did what") {
  RolloutObjects objects = objects_of(waiting_rollout());
  objects.analysis_runs = {judged_run("shop-b", "2026-11-21T11:50:00Z", 0.004),
                           judged_run("shop-a", "2026-11-21T11:40:00Z", 0.009)};
  const Explanation explanation = explain_rollout(objects, kNow);
  CHECK(explanation.state == "Paused - CanaryPauseStep: until somebody promotes");
  CHECK(explanation.at == "step 1/4 (pause)");
  CHECK(explanation.next == "step 2/4 (setWeight: 50)");
  CHECK(explanation.verdict.starts_with("analysis run shop-b is Successful: error-rate [0.004"));
  CHECK(explanation.verdict.find("limit 0.01") != std::string::npos);
  REQUIRE(explanation.doings.size() == 1);
  CHECK(explanation.doings[0].ends_with("looks fine"));
  const std::string text = render_explanation(explanation);
  CHECK(text.find("Waits for:       WaitingForPromotion since 2026-11-21T11:59:00Z: until") !=
        std::string::npos);
  const Json json = encode_explanation(explanation);
  CHECK(json["waitingFor"][0]["reason"] == "WaitingForPromotion");
  CHECK(json["next"] == explanation.next);
}

TEST_CASE("what comes next is told in every state") {
  struct Case {
    Json status;
    const char* next;
  };

  const std::vector<Case> cases = {
      {{{"currentStepIndex", 3}}, "revision three is promoted"},
      {{{"promoteFull", true}}, "revision three is promoted"},
      {{{"abort", true}},
       "nothing: revision two has the traffic again; `sluice retry shop` tries anew"},
      {{{"stableRS", ""}}, "the first revision is complete once its pods are there"},
      {{{"observedGeneration", "1"}}, "a controller looks at the newest spec"},
      {{{"stableRS", "three"}}, "nothing: the current revision has all the traffic"},
  };
  for (const Case& known : cases) {
    const Json rollout = verbs::test::with_status(paused_rollout(), known.status);
    CHECK(explain_rollout(objects_of(rollout), kNow).next == known.next);
  }
}

TEST_CASE("a blue-green update is explained by its switch") {
  Json rollout = paused_rollout();
  rollout["spec"]["strategy"] = {{"blueGreen", {{"activeService", "shop-active"}}}};
  rollout["status"]["blueGreen"] = {{"activeSelector", "two"}};
  Explanation explanation = explain_rollout(objects_of(rollout), kNow);
  CHECK(explanation.at == "before the switch");
  CHECK(explanation.next == "the active Service leads to revision three");
  rollout["status"]["blueGreen"] = {{"activeSelector", "three"},
                                    {"scaleUpPreviewCheckPoint", true}};
  explanation = explain_rollout(objects_of(rollout), kNow);
  CHECK(explanation.next == "revision three is promoted");
}

TEST_CASE("a freeze and a controller that is away are told first") {
  Json rollout = waiting_rollout();
  rollout["status"]["conditions"] = Json::array({{{"type", "Frozen"},
                                                  {"status", "True"},
                                                  {"reason", "Frozen"},
                                                  {"message", "frozen by ann: sale"}}});
  CHECK(explain_rollout(objects_of(rollout), kNow).freeze == "frozen by ann: sale");
  rollout["status"]["observedGeneration"] = "3";
  const Explanation unseen = explain_rollout(objects_of(rollout), kNow);
  REQUIRE(unseen.waits.size() == 1);
  CHECK(unseen.waits[0].reason == "NoController");
}
