// abort, retry, pause, resume, set image in every state, and the record that they leave.

#include "crds/names.h"
#include "tests/verbs/rollout_samples.h"
#include "verbs/action_record.h"
#include "verbs/images.h"
#include "verbs/steer.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::verbs;
using namespace sluice::verbs::test;

namespace {

const std::string kReason(crds::kAbortReasonAnnotation);

}  // namespace

TEST_CASE("an image that was aborted is released again by a retry, and who names it is told so",
          "[images]") {
  const std::vector<ImageChange> same{{"*", "shop:v3"}};
  const auto text_of = [&same](const Json& rollout) {
    const auto decision = set_images(decode(rollout), ann(), same);
    REQUIRE(decision);
    CHECK(decision->writes.empty());
    return decision->text;
  };
  CHECK(text_of(paused_rollout()) == "has that image already");
  CHECK(text_of(with_status(paused_rollout(), {{"abort", true}})) ==
        "has that image already, and its update is aborted: `sluice retry shop` starts it again");
}

TEST_CASE("abort writes its reason first, and aborts once", "[verbs]") {
  const Json before = paused_rollout();
  const auto writes = abort(decode(before), ann("looks odd")).writes;
  REQUIRE(writes.size() == 2);
  CHECK_FALSE(writes[0].of_status);
  CHECK(writes[1].of_status);
  const Json aborted = after(before, writes);
  CHECK(aborted["status"]["abort"] == true);
  CHECK(aborted["metadata"]["annotations"].value(kReason, "") == "looks odd");
  CHECK(abort(decode(aborted), ann("again")).text == "is aborted already");
  CHECK(abort(decode(aborted), ann("again")).writes.empty());
}

TEST_CASE("an abort does not wait for its record", "[verbs]") {
  const Decision decision = abort(decode(paused_rollout()), ann());
  REQUIRE(decision.writes.size() == 2);
  CHECK_FALSE(decision.writes[0].needed);
  CHECK(decision.writes[1].needed);
}

TEST_CASE("an abort without a reason takes an older one away", "[verbs]") {
  Json before = paused_rollout();
  before["metadata"]["annotations"][kReason] = "old";
  CHECK_FALSE(
      after(before, abort(decode(before), ann()).writes)["metadata"]["annotations"].contains(
          kReason));
}

TEST_CASE("there is nothing to abort at rest", "[verbs]") {
  CHECK(abort(decode(healthy_rollout()), ann()).text == "has no update to abort");
  Json unseen = healthy_rollout();
  unseen["metadata"]["generation"] = 5;
  CHECK(abort(decode(unseen), ann()).text == "aborted");
}

TEST_CASE("an abort is for the update that was seen, and for no other", "[verbs]") {
  const auto writes = abort(decode(paused_rollout()), ann()).writes;
  // A busy controller does not get in its way, the next revision does.
  const Json busy = with_status(paused_rollout(), {{"currentStepIndex", 2}, {"replicas", 5}});
  CHECK(after(busy, writes)["status"]["abort"] == true);
  CHECK_THROWS(after(with_status(paused_rollout(), {{"currentPodHash", "four"}}), writes));
  CHECK_THROWS(after(with_status(paused_rollout(), {{"stableRS", "three"}}), writes));
}

TEST_CASE("retry takes an abort back, once", "[verbs]") {
  const Json aborted = after(paused_rollout(), abort(decode(paused_rollout()), ann()).writes);
  const auto writes = retry(decode(aborted), ann())->writes;
  const Json retried = after(aborted, writes);
  CHECK(retried["status"]["abort"] == false);
  CHECK(retry(decode(retried), ann())->text == "is not aborted");
  CHECK_THROWS(after(retried, writes));
}

TEST_CASE("retry has an analysis run again that waits for an answer", "[verbs]") {
  const Json step = {{"reason", "CanaryPauseStep"}, {"startTime", "2026-11-21T11:59:00Z"}};
  const Json question = {{"reason", GENERATE("FailedAnalysisRun", "InconclusiveAnalysisRun")},
                         {"startTime", "2026-11-21T11:59:30Z"}};
  const bool at_pause = GENERATE(false, true);
  const Json pauses = at_pause ? Json::array({step, question}) : Json::array({question});
  const Json before = with_status(paused_rollout(), {{"pauseConditions", pauses}});
  const auto decision = retry(decode(before), ann());
  CHECK(decision->text == "has its analysis run again");
  const Json status = after(before, decision->writes)["status"];
  CHECK(status["currentStepIndex"] == before["status"]["currentStepIndex"]);
  CHECK(status["controllerPause"] == at_pause);
  CHECK(status.value("pauseConditions", Json::array()) ==
        (at_pause ? Json::array({step}) : Json::array()));
}

TEST_CASE("an update is under way until all traffic is with it", "[verbs]") {
  CHECK(is_promoted(decode(healthy_rollout())));
  CHECK_FALSE(is_promoted(decode(paused_rollout())));
  CHECK_FALSE(is_promoted(decode(with_status(paused_rollout(), {{"stableRS", ""}}))));
}

TEST_CASE("pause holds, resume lets go, each once", "[verbs]") {
  Json rollout = paused_rollout();
  CHECK(restart(decode(rollout), ann()).text == "has restartAt set");
  CHECK(resume(decode(rollout), ann())->text == "is not held by `sluice pause`");
  rollout = after(rollout, pause(decode(rollout), ann())->writes);
  CHECK(rollout["spec"]["paused"] == true);
  CHECK(pause(decode(rollout), ann())->text == "is paused already");
  rollout = after(rollout, resume(decode(rollout), ann())->writes);
  CHECK(rollout["spec"]["paused"] == false);
  CHECK(rollout["status"] == paused_rollout()["status"]);
}

TEST_CASE("retry, pause and resume are for the revision that was seen", "[verbs]") {
  Ask ask = ann();
  ask.seen = Sight{"two", "", 1};
  const Json aborted = with_status(paused_rollout(), {{"abort", true}});
  Json held = paused_rollout();
  held["spec"]["paused"] = true;
  for (const auto& refused : {retry(decode(aborted), ask), pause(decode(paused_rollout()), ask),
                              resume(decode(held), ask)}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == invalid("rollout \"shop\": another revision is current (three) than "
                                     "the one that was seen (two)"));
  }
  ask.seen->hash = "three";
  // At which step it is tells nothing: what is held or started again is the update.
  ask.seen->step = 0;
  CHECK(retry(decode(aborted), ask)->text == "retried");
  CHECK(pause(decode(paused_rollout()), ask)->text == "paused");
  CHECK(resume(decode(held), ask)->text == "resumed");
}

TEST_CASE("what was decided for one revision is not written to the next", "[verbs]") {
  const Json next = {{"currentPodHash", "four"}};
  Json held = paused_rollout();
  held["spec"]["paused"] = true;
  const Json aborted = with_status(paused_rollout(), {{"abort", true}});
  for (const auto& [rollout, decision] :
       {std::pair(paused_rollout(), pause(decode(paused_rollout()), ann())),
        std::pair(held, resume(decode(held), ann())),
        std::pair(aborted, retry(decode(aborted), ann()))}) {
    REQUIRE(decision);
    CHECK_NOTHROW(after(rollout, decision->writes));
    CHECK_THROWS(after(with_status(rollout, next), decision->writes));
  }
}

TEST_CASE("a pause right behind a release holds that release", "[verbs]") {
  Json unseen = paused_rollout();
  unseen["metadata"]["generation"] = 5;
  Ask ask = ann();
  ask.seen = sight_of(decode(unseen));
  const Json next = with_status(unseen, {{"currentPodHash", "four"}, {"observedGeneration", "5"}});
  const auto first = pause(decode(unseen), ask);
  REQUIRE(first);
  CHECK(after(next, first->writes)["spec"]["paused"] == true);
  CHECK(pause(decode(next), ask)->text == "paused");
}

TEST_CASE("what was done stays on record: who, when, why, where", "[verbs]") {
  Json rollout = paused_rollout();
  rollout["metadata"].erase("annotations");
  rollout = after(rollout, pause(decode(rollout), ann("deploy freeze"))->writes);
  Ask claimed = ann();
  claimed.by = {"kubernetes-admin", true};
  rollout = after(rollout, resume(decode(rollout), claimed)->writes);
  const auto records = read_actions(decode(rollout));
  REQUIRE(records.size() == 2);
  CHECK(records[0].verb == "resume");
  CHECK(records[0].by.to_string() == "kubernetes-admin (claimed)");
  const ActionRecord expected{.verb = "pause",
                              .by = {"ann", false},
                              .at = *parse_time("2026-11-21T12:00:00Z"),
                              .reason = "deploy freeze",
                              .generation = 4,
                              .hash = "three",
                              .step = 1};
  CHECK(records[1] == expected);
}

TEST_CASE("the record is bounded", "[verbs]") {
  Json rollout = paused_rollout();
  const std::string long_reason(2 * kReasonMax, 'x');
  for (size_t i = 0; i < kActionsKept; ++i) {
    rollout = after(rollout, pause(decode(rollout), ann(long_reason))->writes);
    rollout = after(rollout, resume(decode(rollout), ann())->writes);
  }
  const auto records = read_actions(decode(rollout));
  CHECK(records.size() == kActionsKept);
  CHECK(records[1].reason == std::string(kReasonMax, 'x') + "…");
  rollout["metadata"]["annotations"][std::string(crds::kActionsAnnotation)] = "not JSON";
  CHECK(read_actions(decode(rollout)).empty());
  CHECK_FALSE(pause(decode(rollout), ann())->writes.empty());
}

TEST_CASE("two records at a time do not overwrite each other", "[verbs]") {
  const Json rollout = paused_rollout();
  const auto pausing = pause(decode(rollout), ann())->writes;
  const auto aborting = abort(decode(rollout), ann()).writes;
  CHECK_THROWS(after(after(rollout, pausing), aborting));
}

TEST_CASE("an image change names a container and an image", "[verbs]") {
  const auto change = parse_image_change("shop=registry.example:5000/shop:v2@sha256:ab=");
  REQUIRE(change);
  CHECK(change->container == "shop");
  CHECK(change->image == "registry.example:5000/shop:v2@sha256:ab=");
  for (const char* wrong : {"", "shop", "=shop:v2", "shop=", "shop=-rf", "shop=a b", "shop=$(x)"})
    CHECK(parse_image_change(wrong).error().code == ErrorCode::Invalid);
}

TEST_CASE("set image changes the containers of that name", "[verbs]") {
  Json rollout = healthy_rollout();
  Json& spec = rollout["spec"]["template"]["spec"];
  spec["containers"].push_back({{"name", "proxy"}, {"image", "proxy:1"}});
  spec["initContainers"] = Json::array({{{"name", "migrate"}, {"image", "shop:v2"}}});
  const auto changed = [&](const std::vector<ImageChange>& changes) {
    return set_images(decode(rollout), ann(), changes);
  };
  const Json one = after(rollout, changed({{"shop", "shop:v3"}})->writes);
  CHECK(one["spec"]["template"]["spec"]["containers"][0]["image"] == "shop:v3");
  CHECK(one["spec"]["template"]["spec"]["containers"][1]["image"] == "proxy:1");
  const Json all = after(rollout, changed({{"*", "all:1"}})->writes);
  CHECK(all["spec"]["template"]["spec"]["containers"][1]["image"] == "all:1");
  CHECK(all["spec"]["template"]["spec"]["initContainers"][0]["image"] == "all:1");
  CHECK(changed({{"shop", "shop:v2"}, {"proxy", "proxy:1"}})->writes.empty());
  CHECK(changed({{"cart", "cart:1"}}).error() ==
        invalid("rollout \"shop\" has no container \"cart\""));
}

TEST_CASE("set image fails where the containers have moved meanwhile", "[verbs]") {
  const Json rollout = healthy_rollout();
  const auto writes = set_images(decode(rollout), ann(), {{"shop", "shop:v3"}})->writes;
  Json moved = rollout;
  moved["spec"]["template"]["spec"]["containers"][0]["name"] = "cart";
  CHECK_THROWS(after(moved, writes));
}
