// `sluice rollback` in every state, and when traffic counts as back.

#include "cli/rollout_actions.h"
#include "crds/names.h"
#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::test;

namespace {

const std::string kRollbackTo(crds::kRollbackToAnnotation);

Json patched(const Json& rollout, const Rollback& plan) {
  REQUIRE(plan.writes.size() == 1);
  REQUIRE(plan.writes[0].type == kube::PatchType::Json);
  return rollout.patch(*parse_json(plan.writes[0].body));
}

}  // namespace

TEST_CASE("rollback of a promoted revision returns to the one promoted before", "[rollback]") {
  const Json rollout = healthy_rollout();
  const auto plan = plan_rollback(objects_of(rollout), "");
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
  const auto plan = plan_rollback(objects_of(rollout), "");
  REQUIRE(plan);
  CHECK(patched(rollout, *plan)["metadata"]["annotations"].value(kRollbackTo, "") == "one");
}

TEST_CASE("rollback passes over revisions that never were promoted", "[rollback]") {
  RolloutObjects objects = objects_of(healthy_rollout());
  objects.replica_sets[0] = object(replica_set(1, "one", 0, false));
  const auto none = plan_rollback(objects, "");
  REQUIRE_FALSE(none);
  CHECK(none.error() == invalid("rollout \"shop\" has no earlier promoted revision to return to"));
}

TEST_CASE("rollback of an update aborts it, once", "[rollback]") {
  Json rollout = paused_rollout();
  const auto plan = plan_rollback(objects_of(rollout), "");
  REQUIRE(plan);
  CHECK(plan->kind == Rollback::Kind::Abort);
  CHECK(plan->hash == "two");
  rollout = after(rollout, plan->writes);
  CHECK(rollout["status"]["abort"] == true);
  CHECK(rollout["metadata"]["annotations"].value(std::string(crds::kAbortReasonAnnotation), "") ==
        "rolled back by hand");
  const auto again = plan_rollback(objects_of(rollout), "");
  REQUIRE(again);
  CHECK(again->kind == Rollback::Kind::Done);
  CHECK(again->writes.empty());
}

TEST_CASE("rollback aborts a release that the controller has not seen yet", "[rollback]") {
  Json rollout = healthy_rollout();
  rollout["metadata"]["generation"] = 5;
  const auto plan = plan_rollback(objects_of(rollout), "");
  REQUIRE(plan);
  CHECK(plan->kind == Rollback::Kind::Abort);
  CHECK(plan->hash == "two");
}

TEST_CASE("rollback asked twice returns once", "[rollback]") {
  Json rollout = patched(healthy_rollout(), *plan_rollback(objects_of(healthy_rollout()), ""));
  rollout["metadata"]["generation"] = 5;
  const auto unseen = plan_rollback(objects_of(rollout), "");
  REQUIRE(unseen);
  CHECK(unseen->kind == Rollback::Kind::Underway);
  CHECK(unseen->hash == "one");
  rollout["status"].update({{"observedGeneration", "5"}, {"currentPodHash", "one"}});
  const auto seen = plan_rollback(objects_of(rollout), "");
  REQUIRE(seen);
  CHECK(seen->kind == Rollback::Kind::Underway);
  rollout["status"]["stableRS"] = "one";
  const auto over = plan_rollback(objects_of(rollout), "");
  REQUIRE(over);
  CHECK(over->kind == Rollback::Kind::Done);
}

TEST_CASE("there is nothing to roll back to before the first promotion", "[rollback]") {
  Json rollout = healthy_rollout();
  rollout["status"].erase("stableRS");
  CHECK(plan_rollback(objects_of(rollout), "").error().code == ErrorCode::Invalid);
}

TEST_CASE("traffic is back once that is confirmed", "[rollback]") {
  Json rollout = paused_rollout();
  const auto is_back = [&] { return traffic_is_back(decode(rollout), "two"); };
  CHECK_FALSE(is_back());
  rollout["status"]["abort"] = true;
  CHECK(is_back());
  const auto weigh = [&](int canary, bool verified) {
    rollout["status"]["canary"]["weights"] = {
        {"canary", {{"weight", canary}, {"serviceName", "c"}, {"podTemplateHash", "three"}}},
        {"stable", {{"weight", 100 - canary}, {"serviceName", "s"}, {"podTemplateHash", "two"}}},
        {"verified", verified}};
  };
  weigh(25, true);
  CHECK_FALSE(is_back());
  weigh(0, false);
  CHECK_FALSE(is_back());
  weigh(0, true);
  CHECK(is_back());
  rollout["metadata"]["generation"] = 5;
  CHECK_FALSE(is_back());
  CHECK_FALSE(traffic_is_back(decode(healthy_rollout()), "one"));
}
