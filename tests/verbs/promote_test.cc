// promote in every state: one step at most from the step that was seen, and never past a running
// analysis unasked.

#include "verbs/promote.h"

#include "tests/verbs/rollout_samples.h"
#include "verbs/action_record.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::verbs;
using namespace sluice::verbs::test;

namespace {

constexpr PromoteOptions kStep{};
constexpr PromoteOptions kFull{.full = true};
constexpr PromoteOptions kSkip{.skip_analysis = true};

Json promoted(const Json& rollout, const PromoteOptions& options = kStep, const Ask& ask = ann()) {
  const auto decision = promote(decode(rollout), ask, options);
  INFO((decision ? "" : decision.error().message));
  REQUIRE(decision);
  return after(rollout, decision->writes);
}

std::string text_of(const Json& rollout, const PromoteOptions& options = kStep,
                    const Ask& ask = ann()) {
  const auto decision = promote(decode(rollout), ask, options);
  return decision ? decision->text : decision.error().message;
}

Json paused_for(const Json& rollout, const std::string& reason) {
  const Json pause = {{"reason", reason}, {"startTime", "2026-11-21T11:59:00Z"}};
  return with_status(rollout,
                     {{"pauseConditions", Json::array({pause})}, {"controllerPause", true}});
}

ActionRecord newest(const Json& rollout) {
  const auto records = read_actions(decode(rollout));
  REQUIRE_FALSE(records.empty());
  return records.front();
}

/// What a controller does about a pause that was ended: two steps on, at the next pause.
Json moved_on(const Json& rollout, int32_t step) {
  return paused_for(with_status(rollout, {{"currentStepIndex", step}}), "CanaryPauseStep");
}

}  // namespace

TEST_CASE("promote ends a pause", "[promote]") {
  const Json after_it = promoted(paused_rollout());
  CHECK_FALSE(after_it["status"].contains("pauseConditions"));
  CHECK(after_it["status"]["controllerPause"] == true);
  CHECK(after_it["status"]["currentStepIndex"] == 1);
  CHECK(newest(after_it).passed_over.empty());
}

TEST_CASE("promote is refused under a freeze, and says whose", "[promote]") {
  const Json frozen = with_status(
      paused_rollout(), {{"conditions", Json::array({{{"type", "Frozen"},
                                                      {"status", "True"},
                                                      {"reason", "Frozen"},
                                                      {"message", "frozen by ann: sale"}}})}});
  CHECK(text_of(frozen) ==
        "rollout \"shop\" is frozen by ann: sale: nothing is promoted before `sluice unfreeze`");
  CHECK_FALSE(promote(decode(frozen), ann(), kFull));
}

TEST_CASE("promote pressed four times moves one step", "[promote]") {
  Json rollout = promoted(paused_rollout());
  // Before the controller has acted, the pause is not ended once more.
  CHECK(text_of(rollout) == "is promoted already");
  rollout = moved_on(rollout, 3);
  Ask ask = ann();
  for (int press = 2; press <= 4; ++press) {
    ask.at += std::chrono::milliseconds(66);
    // No success: a script must not wait for what this press did not do.
    CHECK_FALSE(promote(decode(rollout), ask, kStep));
  }
  CHECK(text_of(rollout, kStep, ask) ==
        "rollout \"shop\" was promoted at step 1 a moment ago and is at step 3/4 now; one press "
        "passes one step: --step 3 says that this one is meant, too");
  // To go all the way is another wish.
  CHECK_FALSE(promote(decode(rollout), ask, kFull)->writes.empty());
  // Who names the step, or comes later, has seen it.
  Ask named = ask;
  named.step_named = true;
  CHECK_FALSE(promote(decode(rollout), named, kStep)->writes.empty());
  ask.at += kSamePress;
  CHECK_FALSE(promote(decode(rollout), ask, kStep)->writes.empty());
}

TEST_CASE("promote --full a moment after promote is no second press of it", "[promote]") {
  const Json rollout = moved_on(promoted(paused_rollout()), 3);
  CHECK(promoted(rollout, kFull)["status"]["promoteFull"] == true);
}

TEST_CASE("promote is for the step and the revision that were seen", "[promote]") {
  Ask ask = ann();
  ask.seen = Sight{"three", "", 1};
  const Json rollout = moved_on(paused_rollout(), 3);
  CHECK(text_of(rollout, kStep, ask) == "is past step 1 already, at step 3/4: by itself");
  CHECK(promote(decode(rollout), ask, kStep)->writes.empty());
  CHECK(text_of(moved_on(promoted(paused_rollout()), 3), kStep, ask) ==
        "is past step 1 already, at step 3/4: promoted by ann, " + format_time(ann().at));
  ask.seen->step = 4;
  CHECK(text_of(rollout, kStep, ask) == "rollout \"shop\" is at step 3/4, not at step 4");
  CHECK_FALSE(promote(decode(rollout), ask, kStep));
  ask.seen = Sight{"two", "", 3};
  CHECK(text_of(rollout, kStep, ask).find("another revision is current") != std::string::npos);
  CHECK_FALSE(promote(decode(rollout), ask, kFull));
}

TEST_CASE("what was decided for one step does not fit another", "[promote]") {
  const auto writes = promote(decode(paused_rollout()), ann(), kStep)->writes;
  CHECK_THROWS(after(with_status(paused_rollout(), {{"currentStepIndex", 3}}), writes));
  CHECK_THROWS(after(with_status(paused_rollout(), {{"currentPodHash", "four"}}), writes));
  Json edited = paused_rollout();
  edited["metadata"]["generation"] = 5;
  CHECK_THROWS(after(edited, writes));
}

TEST_CASE("a running analysis is passed over only where that is asked for", "[promote]") {
  const Json rollout = analysing_rollout();
  const auto refused = promote(decode(rollout), ann(), kStep);
  REQUIRE_FALSE(refused);
  CHECK(refused.error() ==
        invalid("rollout \"shop\" is at step 2/4, where analysis run shop-three-3-2 (Running) has "
                "not ended: --skip-analysis passes it over"));
  const Json after_it = promoted(rollout, kSkip);
  CHECK(after_it["status"]["currentStepIndex"] == 3);
  CHECK(newest(after_it).passed_over ==
        std::vector<std::string>{"analysis run shop-three-3-2 (Running)"});
  CHECK(text_of(rollout, kSkip) == "promoted, past analysis run shop-three-3-2 (Running)");
}

TEST_CASE("an analysis whose run is not there yet counts as one that runs", "[promote]") {
  Json rollout = analysing_rollout();
  rollout["status"].erase("canary");
  CHECK(text_of(rollout).find("an analysis has not ended") != std::string::npos);
}

TEST_CASE("promote answers an inconclusive analysis", "[promote]") {
  Json rollout = paused_for(analysing_rollout(), "InconclusiveAnalysisRun");
  rollout["status"]["canary"]["currentStepAnalysisRunStatus"]["status"] = "Inconclusive";
  const Json after_it = promoted(rollout);
  CHECK_FALSE(after_it["status"].contains("pauseConditions"));
  CHECK(after_it["status"]["controllerPause"] == false);
  CHECK(after_it["status"]["currentStepIndex"] == 3);
  CHECK(newest(after_it).passed_over ==
        std::vector<std::string>{"analysis run shop-three-3-2 (Inconclusive)"});
}

TEST_CASE("promote passes over an analysis that failed and held the update", "[promote]") {
  Json rollout = paused_for(analysing_rollout(), "FailedAnalysisRun");
  rollout["status"]["canary"]["currentStepAnalysisRunStatus"]["status"] = "Failed";
  const Json after_it = promoted(rollout);
  CHECK_FALSE(after_it["status"].contains("pauseConditions"));
  CHECK(after_it["status"]["currentStepIndex"] == 3);
  CHECK(newest(after_it).passed_over ==
        std::vector<std::string>{"analysis run shop-three-3-2 (Failed)"});
}

TEST_CASE("an inconclusive background analysis is answered without passing a step", "[promote]") {
  Json rollout = paused_for(with_status(paused_rollout(), {{"currentStepIndex", 2}}),
                            "InconclusiveAnalysisRun");
  rollout["status"]["canary"]["currentBackgroundAnalysisRunStatus"] = {{"name", "back"},
                                                                       {"status", "Inconclusive"}};
  const Json after_it = promoted(rollout);
  CHECK(after_it["status"]["currentStepIndex"] == 2);
  CHECK(after_it["status"]["controllerPause"] == false);
  CHECK(newest(after_it).passed_over.empty());
}

TEST_CASE("promote goes past a step that waits for pods or traffic, and says so", "[promote]") {
  Json rollout = with_status(paused_rollout(), {{"currentStepIndex", 2}});
  rollout["status"].erase("pauseConditions");
  rollout["status"]["controllerPause"] = false;
  const Json after_it = promoted(rollout);
  CHECK(after_it["status"]["currentStepIndex"] == 3);
  CHECK(newest(after_it).passed_over == std::vector<std::string>{"step 2"});
}

TEST_CASE("promote in full leaves all steps behind, and says which", "[promote]") {
  const Json after_it = promoted(analysing_rollout(), kFull);
  CHECK(after_it["status"]["promoteFull"] == true);
  CHECK(newest(after_it).passed_over ==
        std::vector<std::string>{"analysis run shop-three-3-2 (Running)", "steps 2 to 3"});
  CHECK(text_of(after_it, kFull) == "is being promoted in full already");
}

TEST_CASE("promote releases a pause by hand, and no step with it", "[promote]") {
  Json rollout = analysing_rollout();
  rollout["spec"]["paused"] = true;
  const Json after_it = promoted(rollout);
  CHECK(after_it["spec"]["paused"] == false);
  CHECK(after_it["status"] == rollout["status"]);
}

TEST_CASE("what is promoted already is left alone", "[promote]") {
  CHECK(text_of(healthy_rollout()) == "has nothing to promote");
  CHECK(text_of(healthy_rollout(), kFull) == "has nothing to promote");
}

TEST_CASE("an aborted update is not promoted but retried", "[promote]") {
  const Json aborted =
      with_status(paused_rollout(),
                  {{"abort", true}, {"pauseConditions", Json::array()}, {"currentStepIndex", 0}});
  for (const PromoteOptions& options : {kStep, kFull, kSkip})
    CHECK(text_of(aborted, options).find("sluice retry shop") != std::string::npos);
}

TEST_CASE("promote ends the pause before a blue-green switch, and nothing else of it",
          "[promote]") {
  Json rollout = paused_rollout();
  rollout["spec"]["strategy"] = {{"blueGreen", {{"activeService", "shop"}}}};
  rollout["status"].erase("currentStepIndex");
  rollout["status"].erase("canary");
  const Json paused = paused_for(rollout, "BlueGreenPause");
  const Json after_it = promoted(paused);
  CHECK_FALSE(after_it["status"].contains("pauseConditions"));
  CHECK(after_it["status"]["controllerPause"] == true);
  CHECK_FALSE(after_it["status"].contains("currentStepIndex"));
  CHECK(newest(after_it).passed_over.empty());
  CHECK(text_of(after_it) == "is promoted already");

  Json running = with_status(rollout, {{"controllerPause", false}});
  running["status"].erase("pauseConditions");
  running["status"]["blueGreen"]["prePromotionAnalysisRunStatus"] = {{"name", "pre"},
                                                                     {"status", "Running"}};
  CHECK(text_of(running) ==
        "rollout \"shop\" is not paused: nothing to promote (--skip-analysis passes over the "
        "analysis before the switch, --full over all)");
  CHECK_FALSE(promote(decode(running), ann(), kStep));
  CHECK(newest(promoted(running, kFull)).passed_over ==
        std::vector<std::string>{"analysis run pre (Running)"});
}

TEST_CASE("--skip-analysis passes over the analysis before a blue-green switch, and makes it",
          "[promote]") {
  Json rollout = paused_rollout();
  rollout["spec"]["strategy"] = {
      {"blueGreen",
       {{"activeService", "shop"},
        {"prePromotionAnalysis",
         {{"templates", Json::array({{{"templateName", "smoke-test"}}})}}}}}};
  rollout["status"].erase("currentStepIndex");
  rollout["status"].erase("canary");
  rollout["status"].erase("pauseConditions");
  rollout["status"]["controllerPause"] = false;
  rollout["status"]["blueGreen"]["prePromotionAnalysisRunStatus"] = {{"name", "pre"},
                                                                     {"status", "Running"}};
  const Json after_it = promoted(rollout, kSkip);
  CHECK(after_it["status"]["blueGreen"]["scaleUpPreviewCheckPoint"] == true);
  CHECK(newest(after_it).passed_over == std::vector<std::string>{"analysis run pre (Running)"});
  CHECK(text_of(rollout, kSkip) == "promoted, past analysis run pre (Running)");
  // The one after the switch is another matter.
  CHECK(text_of(after_it, kSkip) ==
        "is promoted already (--full passes over what follows the switch)");
}

TEST_CASE("promote is refused under a spec that cannot be run, and says what is wrong with it",
          "[promote]") {
  const Json broken = with_status(paused_rollout(),
                                  {{"conditions", Json::array({{{"type", "InvalidSpec"},
                                                                {"status", "True"},
                                                                {"reason", "InvalidSpec"},
                                                                {"message", "spec.x: is bad"}}})}});
  CHECK(text_of(broken) ==
        "rollout \"shop\": spec.x: is bad: nothing is promoted before that is mended");
}

TEST_CASE("promote ends a pause and a hold by hand together, and says both", "[promote]") {
  Json rollout = paused_rollout();
  rollout["spec"]["paused"] = true;
  const Json after_it = promoted(rollout);
  CHECK(after_it["spec"]["paused"] == false);
  CHECK_FALSE(after_it["status"].contains("pauseConditions"));
  CHECK(text_of(rollout) == "promoted, and no longer held by `sluice pause`");
}
