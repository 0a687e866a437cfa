// What `sluice explain` says, from the objects alone.

#include "cli/look/explanation.h"

#include "cli/look/rollout_tree.h"
#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::test;

namespace {

Json waiting_rollout() {
  Json rollout = paused_rollout();
  rollout["status"]["message"] = "CanaryPauseStep: until somebody promotes";
  rollout["status"]["waitingFor"] = Json::array({{{"reason", "WaitingForPromotion"},
                                                  {"message", "until somebody promotes"},
                                                  {"since", "2026-11-21T11:59:00Z"}}});
  rollout["metadata"]["annotations"]["sluice.dev/actions"] =
      R"([{"verb":"promote","user":"ann","at":"2026-11-21T11:58:00Z","reason":"looks fine",
           "generation":4,"step":0}])";
  return rollout;
}

kube::Object judged_run(const char* name, const char* created, double value,
                        const char* hash = "three") {
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
  run["metadata"]["labels"]["rollouts-pod-template-hash"] = hash;
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
  const std::string text = render_explanation(explanation);
  CHECK_THAT(text, Catch::Contains("Last verdict:    analysis run shop-b is Successful: error-rate "
                                   "[0.004"));
  CHECK_THAT(text, Catch::Contains("limit 0.01"));
  CHECK_THAT(text, Catch::Contains("Waits for:       WaitingForPromotion since "
                                   "2026-11-21T11:59:00Z\n"));
  CHECK_THAT(text, Catch::Contains("Last done:       promote by ann at step 0, "
                                   "2026-11-21T11:58:00Z: looks fine\n"));
}

TEST_CASE("the verdict on another revision is none on this one") {
  RolloutObjects objects = objects_of(waiting_rollout());
  objects.analysis_runs = {judged_run("shop-b", "2026-11-21T11:50:00Z", 0.5, "two")};
  CHECK_FALSE(explain_rollout(objects, kNow).verdict);
  objects.analysis_runs.push_back(judged_run("shop-a", "2026-11-21T11:40:00Z", 0.004));
  CHECK(explain_rollout(objects, kNow).verdict->run == "shop-a");
}

TEST_CASE("for programs an explanation has fields, and no sentence holds two facts") {
  RolloutObjects objects = objects_of(waiting_rollout());
  objects.analysis_runs = {judged_run("shop-b", "2026-11-21T11:50:00Z", 0.004)};
  const Json json = encode_explanation(explain_rollout(objects, kNow));
  CHECK(json["name"] == "shop");
  CHECK(json["namespace"] == "default");
  CHECK(json["strategy"] == "Canary");
  CHECK(json["phase"] == "Paused");
  CHECK(json["revision"] == Json{{"number", 3}, {"hash", "three"}});
  CHECK(json["stableRevision"] == Json{{"number", 2}, {"hash", "two"}});
  CHECK(json["setWeight"] == 25);
  CHECK(json["step"] == Json{{"index", 1}, {"of", 4}, {"what", "pause"}});
  CHECK(json["waitingFor"][0]["reason"] == "WaitingForPromotion");
  CHECK(json["next"] == "step 2/4 (setWeight: 50)");
  CHECK(json["canDo"][0] ==
        Json{{"command", "sluice promote shop -n default"}, {"effect", "ends the pause"}});
  CHECK(json["lastVerdict"]["run"] == "shop-b");
  CHECK(json["lastVerdict"]["phase"] == "Successful");
  CHECK(json["lastDone"][0]["verb"] == "promote");
  CHECK(json["lastDone"][0]["user"] == "ann");
  CHECK(json["askedFor"].empty());
}

TEST_CASE("the same sentence is said once, also where it is a freeze's") {
  const std::string freeze = "frozen by ann since 2026-11-21T11:00:00Z (namespace shop): sale";
  Json rollout = waiting_rollout();
  rollout["status"]["message"] = freeze;
  rollout["status"]["waitingFor"] =
      Json::array({{{"reason", "Frozen"}, {"message", freeze}, {"since", "2026-11-21T11:59:00Z"}}});
  rollout["status"]["conditions"] = Json::array(
      {{{"type", "Frozen"}, {"status", "True"}, {"reason", "Frozen"}, {"message", freeze}}});
  const auto times_said = [&](const std::string& text) {
    size_t count = 0;
    for (size_t at = text.find(freeze); at != std::string::npos; at = text.find(freeze, at + 1))
      ++count;
    return count;
  };
  const RolloutObjects objects = objects_of(rollout);
  CHECK(times_said(render_explanation(explain_rollout(objects, kNow))) == 1);
  CHECK(times_said(render_rollout(make_rollout_info(objects), kNow, {.color = false})) == 1);
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

TEST_CASE("what comes next is told of what cannot come") {
  const Json lack = Json::array({{{"reason", "StableLacksCapacity"}, {"message", "pods"}}});
  const Json rollout =
      verbs::test::with_status(paused_rollout(), {{"abort", true}, {"waitingFor", lack}});
  RolloutObjects objects = objects_of(rollout);
  CHECK(explain_rollout(objects, kNow).next == "revision two gets the traffic that it can bear");
  const char* gone =
      "nothing: revision two is gone and cannot have the traffic; release it again, or `sluice "
      "retry shop` and `sluice promote shop --full`";
  objects.replica_sets.clear();
  CHECK(explain_rollout(objects, kNow).next == gone);
  // Whatever the status says by now: the objects tell.
  objects.rollout = object(verbs::test::with_status(rollout, {{"waitingFor", Json::array()}}));
  CHECK(explain_rollout(objects, kNow).next == gone);
}

TEST_CASE("under a spec that cannot be planned an abort goes on, and nothing else does") {
  const auto next = [](Json status, bool kept) {
    status["conditions"] =
        Json::array({{{"type", "InvalidSpec"}, {"status", "True"}, {"message", "no template"}}});
    RolloutObjects objects = objects_of(verbs::test::with_status(paused_rollout(), status));
    if (!kept) objects.replica_sets.clear();
    return explain_rollout(objects, kNow).next;
  };
  const Json lack = Json::array({{{"reason", "StableLacksCapacity"}, {"message", "pods"}}});
  const char* nothing = "nothing, before the spec is mended";
  CHECK(next(Json::object(), true) == nothing);
  CHECK(next({{"abort", true}}, true) == nothing);
  CHECK(next({{"abort", true}, {"waitingFor", lack}}, true) ==
        "revision two gets the traffic that it can bear");
  CHECK(next({{"abort", true}, {"waitingFor", lack}}, false) == nothing);
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
  CHECK(explanation.at == "after the switch");
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
