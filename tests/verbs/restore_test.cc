// `sluice rollback` in every state, and when traffic counts as back.

#include "verbs/restore.h"

#include "crds/names.h"
#include "tests/verbs/rollout_samples.h"
#include "verbs/action_record.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::verbs;
using namespace sluice::verbs::test;

namespace {

Result<Rollback> rolled_back(const Json& rollout, const std::string& reason = "") {
  return plan_rollback(decode(rollout), revisions_of(rollout), ann(reason));
}

const std::string kRollbackTo(crds::kRollbackToAnnotation);

Json patched(const Json& rollout, const Rollback& plan) {
  REQUIRE(plan.writes.size() == 1);
  return after(rollout, plan.writes);
}

}  // namespace

TEST_CASE("rollback of a promoted revision returns to the one promoted before", "[rollback]") {
  const Json rollout = healthy_rollout();
  const auto plan = rolled_back(rollout);
  REQUIRE(plan);
  CHECK(plan->kind == Rollback::Kind::Return);
  CHECK(plan->hash == "one");
  CHECK(plan->explanation == "returning at once to revision 1 (shop-one)");
  const Json after = patched(rollout, *plan);
  CHECK(after["spec"]["template"]["spec"]["containers"][0]["image"] == "shop:v1");
  CHECK(after["metadata"]["annotations"].value(kRollbackTo, "") == "one");
}

TEST_CASE("rollback works where the Rollout has no annotations", "[rollback]") {
  Json rollout = healthy_rollout();
  rollout["metadata"].erase("annotations");
  const auto plan = rolled_back(rollout);
  REQUIRE(plan);
  CHECK(patched(rollout, *plan)["metadata"]["annotations"].value(kRollbackTo, "") == "one");
}

TEST_CASE("rollback passes over revisions that never were promoted", "[rollback]") {
  std::vector<Revision> revisions = revisions_of(healthy_rollout());
  revisions[0].promoted = false;
  const auto none = plan_rollback(decode(healthy_rollout()), revisions, ann());
  REQUIRE_FALSE(none);
  CHECK(none.error() == invalid("rollout \"shop\" has no earlier promoted revision to return to"));
}

TEST_CASE("rollback of an update aborts it, once", "[rollback]") {
  Json rollout = paused_rollout();
  const auto plan = rolled_back(rollout);
  REQUIRE(plan);
  CHECK(plan->kind == Rollback::Kind::Abort);
  CHECK(plan->hash == "two");
  rollout = after(rollout, plan->writes);
  CHECK(rollout["status"]["abort"] == true);
  CHECK(rollout["metadata"]["annotations"].value(std::string(crds::kAbortReasonAnnotation), "") ==
        "rolled back by hand");
  const auto again = rolled_back(rollout);
  REQUIRE(again);
  CHECK(again->kind == Rollback::Kind::Done);
  CHECK(again->writes.empty());
}

TEST_CASE("rollback from a stable revision that is gone returns to the one promoted before it",
          "[rollback]") {
  const bool aborted = GENERATE(false, true);
  const Json rollout = with_status(paused_rollout(), {{"abort", aborted}});
  std::vector<Revision> revisions = revisions_of(rollout);
  std::erase_if(revisions, [](const Revision& revision) { return revision.hash == "two"; });
  const auto plan = plan_rollback(decode(rollout), revisions, ann());
  REQUIRE(plan);
  CHECK(plan->kind == Rollback::Kind::Return);
  CHECK(plan->hash == "one");
  const Json asked = patched(rollout, *plan);
  CHECK(asked["metadata"]["annotations"].value(kRollbackTo, "") == "one");
  // Nobody is left to return to: that is said at once, and not waited for.
  std::erase_if(revisions, [](const Revision& revision) { return revision.hash == "one"; });
  CHECK_FALSE(plan_rollback(decode(rollout), revisions, ann()));
}

TEST_CASE("rollback aborts a release that the controller has not seen yet", "[rollback]") {
  Json rollout = healthy_rollout();
  rollout["metadata"]["generation"] = 5;
  const auto plan = rolled_back(rollout);
  REQUIRE(plan);
  CHECK(plan->kind == Rollback::Kind::Abort);
  CHECK(plan->hash == "two");
}

TEST_CASE("rollback asked twice returns once", "[rollback]") {
  Json rollout = patched(healthy_rollout(), *rolled_back(healthy_rollout()));
  rollout["metadata"]["generation"] = 5;
  const auto unseen = rolled_back(rollout);
  REQUIRE(unseen);
  CHECK(unseen->kind == Rollback::Kind::Underway);
  CHECK(unseen->hash == "one");
  rollout["status"].update({{"observedGeneration", "5"}, {"currentPodHash", "one"}});
  const auto seen = rolled_back(rollout);
  REQUIRE(seen);
  CHECK(seen->kind == Rollback::Kind::Underway);
  rollout["status"]["stableRS"] = "one";
  const auto over = rolled_back(rollout);
  REQUIRE(over);
  CHECK(over->kind == Rollback::Kind::Done);
}

TEST_CASE("there is nothing to roll back to before the first promotion", "[rollback]") {
  Json rollout = healthy_rollout();
  rollout["status"].erase("stableRS");
  CHECK(rolled_back(rollout).error().code == ErrorCode::Invalid);
}

namespace {

Json weighed(Json rollout, int canary, bool verified) {
  rollout["status"]["canary"]["weights"] = {
      {"canary", {{"weight", canary}, {"serviceName", "c"}, {"podTemplateHash", "three"}}},
      {"stable", {{"weight", 100 - canary}, {"serviceName", "s"}, {"podTemplateHash", "two"}}},
      {"verified", verified}};
  return rollout;
}

/// To the revision that both samples have as their stable one.
TrafficReturn return_of(const Json& rollout) {
  return traffic_return(decode(rollout), "two");
}

}  // namespace

TEST_CASE("traffic is back once that is confirmed", "[rollback]") {
  Json rollout = paused_rollout();
  CHECK(return_of(weighed(rollout, 0, true)) == TrafficReturn::Underway);
  rollout["status"]["abort"] = true;
  CHECK(return_of(weighed(rollout, 25, true)) == TrafficReturn::Underway);
  CHECK(return_of(weighed(rollout, 0, false)) == TrafficReturn::Underway);
  CHECK(return_of(weighed(rollout, 0, true)) == TrafficReturn::Confirmed);
  Json former = weighed(rollout, 0, true);
  former["status"]["formerWeight"] = 0;  // Asked for, and not confirmed.
  CHECK(return_of(former) == TrafficReturn::Underway);
  rollout["metadata"]["generation"] = 5;
  CHECK(return_of(weighed(rollout, 0, true)) == TrafficReturn::Underway);
  CHECK(traffic_return(decode(healthy_rollout()), "one") == TrafficReturn::Underway);
}

TEST_CASE("a return after a promotion is confirmed once it was handed over", "[rollback]") {
  // The canary Service came to select the revision just now: requests may go to the pods before.
  CHECK(return_of(weighed(healthy_rollout(), 100, false)) == TrafficReturn::Underway);
  CHECK(return_of(weighed(healthy_rollout(), 100, true)) == TrafficReturn::Handing);
  CHECK(return_of(weighed(healthy_rollout(), 0, false)) == TrafficReturn::Underway);
  CHECK(return_of(weighed(healthy_rollout(), 0, true)) == TrafficReturn::Confirmed);
}

TEST_CASE("without routing traffic is sent back once the other pods are gone", "[rollback]") {
  Json aborted = paused_rollout();
  aborted["status"]["abort"] = true;
  CHECK(return_of(aborted) == TrafficReturn::Underway);
  aborted["status"]["updatedReplicas"] = 0;
  CHECK(return_of(aborted) == TrafficReturn::Sent);
  aborted["status"]["formerWeight"] = 20;
  CHECK(return_of(aborted) == TrafficReturn::Underway);
  Json returned = healthy_rollout();
  returned["status"]["replicas"] = 5;
  CHECK(return_of(returned) == TrafficReturn::Underway);
  returned["status"]["replicas"] = 4;
  CHECK(return_of(returned) == TrafficReturn::Sent);
}

TEST_CASE("who rolled back a promotion, and why, stays on record", "[rollback]") {
  const Json rollout = healthy_rollout();
  const auto plan = rolled_back(rollout, "customers see errors");
  REQUIRE(plan);
  const auto records = read_actions(decode(patched(rollout, *plan)));
  REQUIRE(records.size() == 1);
  CHECK(records[0].verb == "rollback");
  CHECK(records[0].by.user == "ann");
  CHECK(records[0].reason == "customers see errors");
}

TEST_CASE("a return is for the spec that was seen", "[rollback]") {
  Json rollout = healthy_rollout();
  const auto plan = rolled_back(rollout);
  REQUIRE(plan);
  rollout["metadata"]["generation"] = 5;
  CHECK_THROWS(after(rollout, plan->writes));
}

TEST_CASE("undo makes an older template current, without our label", "[undo]") {
  const Json rollout = healthy_rollout();
  const auto undone = [&](int64_t revision) {
    return undo(decode(rollout), revisions_of(rollout), ann(), revision);
  };
  for (const int64_t revision : {0, 1}) {
    const auto decision = undone(revision);
    REQUIRE(decision);
    CHECK(decision->text == "goes back to revision 1 (shop-one)");
    const Json pod_template = after(rollout, decision->writes)["spec"]["template"];
    CHECK(pod_template["spec"]["containers"][0]["image"] == "shop:v1");
    CHECK(pod_template["metadata"]["labels"] == Json{{"app", "shop"}});
  }
  CHECK(undone(2)->writes.empty());
  CHECK(undone(2)->text == "is at revision 2 already");
  CHECK(undone(7).error() ==
        not_found("no such revision of rollout \"shop\" is kept (revisions: 2, 1)"));
}

TEST_CASE("undo pressed twice goes back once", "[undo]") {
  Json rollout = healthy_rollout();
  rollout = after(rollout, undo(decode(rollout), revisions_of(rollout), ann(), 0)->writes);
  Ask again = ann();
  again.at += std::chrono::milliseconds(200);
  const auto refused = undo(decode(rollout), revisions_of(rollout), again, 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("went back a moment ago") != std::string::npos);
  again.at += kSamePress;
  CHECK_FALSE(undo(decode(rollout), revisions_of(rollout), again, 0)->writes.empty());
}

TEST_CASE("users of a blue-green Rollout are sent back once the active Service says so",
          "[rollback]") {
  Json rollout = with_status(healthy_rollout(), {{"abort", true}, {"currentPodHash", "next"}});
  rollout["spec"]["strategy"] = {{"blueGreen", {{"activeService", "shop"}}}};
  rollout["status"]["blueGreen"] = {{"activeSelector", "next"}};
  CHECK(return_of(rollout) == TrafficReturn::Underway);
  rollout["status"]["blueGreen"] = {{"activeSelector", "two"}};
  rollout["status"]["availableReplicas"] = 1;
  CHECK(return_of(rollout) == TrafficReturn::Sent);
  // None of its pods is there to answer.
  rollout["status"]["availableReplicas"] = 0;
  CHECK(return_of(rollout) == TrafficReturn::Underway);
}
