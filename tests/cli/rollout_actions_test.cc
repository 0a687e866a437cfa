// Each action in every state: what is written, and nothing where nothing is to be done.

#include "cli/rollout_actions.h"

#include "crds/names.h"
#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::test;
using kube::Subresource;

namespace {

Json body_of(const RolloutWrite& write) {
  return *parse_json(write.body);
}

void expect_one_status_write(const std::vector<RolloutWrite>& writes, const Json& status) {
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].type == kube::PatchType::Merge);
  CHECK(writes[0].subresource == Subresource::Status);
  CHECK(body_of(writes[0]) == Json{{"status", status}});
}

Json with_status(Json rollout, const Json& status) {
  rollout["status"].update(status);
  return rollout;
}

}  // namespace

TEST_CASE("promote ends a pause", "[actions]") {
  expect_one_status_write(*promote(decode(paused_rollout()), false),
                          {{"pauseConditions", nullptr}});
}

TEST_CASE("promote goes past the step that is under way", "[actions]") {
  const Json analysing = with_status(paused_rollout(), {{"pauseConditions", Json::array()}});
  expect_one_status_write(*promote(decode(analysing), false), {{"currentStepIndex", 2}});
}

TEST_CASE("promote passes an inconclusive analysis over as a whole", "[actions]") {
  const Json pause = {{"reason", "InconclusiveAnalysisRun"}, {"startTime", "2026-11-21T11:59:00Z"}};
  const Json inconclusive =
      with_status(paused_rollout(), {{"pauseConditions", Json::array({pause})}});
  expect_one_status_write(
      *promote(decode(inconclusive), false),
      {{"pauseConditions", nullptr}, {"controllerPause", false}, {"currentStepIndex", 2}});
}

TEST_CASE("promote in full leaves all steps behind", "[actions]") {
  expect_one_status_write(*promote(decode(paused_rollout()), true), {{"promoteFull", true}});
}

TEST_CASE("promote releases a pause by hand, and no step with it", "[actions]") {
  Json rollout = with_status(paused_rollout(), {{"pauseConditions", Json::array()}});
  rollout["spec"]["paused"] = true;
  const auto writes = *promote(decode(rollout), false);
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].subresource == Subresource::None);
  CHECK(body_of(writes[0]) == Json{{"spec", {{"paused", false}}}});
}

TEST_CASE("what is promoted already is left alone", "[actions]") {
  CHECK(promote(decode(healthy_rollout()), false)->empty());
  CHECK(promote(decode(healthy_rollout()), true)->empty());
}

TEST_CASE("an aborted update is not promoted but retried", "[actions]") {
  const Json aborted =
      with_status(paused_rollout(),
                  {{"abort", true}, {"pauseConditions", Json::array()}, {"currentStepIndex", 0}});
  for (const bool full : {false, true}) {
    const auto refused = promote(decode(aborted), full);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("sluice retry shop") != std::string::npos);
  }
  expect_one_status_write(retry(decode(aborted)), {{"abort", false}});
  CHECK(retry(decode(paused_rollout())).empty());
  CHECK(retry(decode(healthy_rollout())).empty());
}

TEST_CASE("abort writes its reason first, and aborts once", "[actions]") {
  const Json before = paused_rollout();
  const auto writes = abort(decode(before), "looks odd");
  REQUIRE(writes.size() == 2);
  CHECK(writes[0].subresource == Subresource::None);
  CHECK(writes[1].subresource == Subresource::Status);
  const Json aborted = after(before, writes);
  CHECK(aborted["status"]["abort"] == true);
  CHECK(aborted["metadata"]["annotations"].value(std::string(crds::kAbortReasonAnnotation), "") ==
        "looks odd");
  CHECK(abort(decode(aborted), "again").empty());
}

TEST_CASE("an abort without a reason takes an older one away", "[actions]") {
  Json before = paused_rollout();
  CHECK(abort(decode(before), "").size() == 1);
  const std::string key(crds::kAbortReasonAnnotation);
  before["metadata"]["annotations"][key] = "old";
  CHECK_FALSE(after(before, abort(decode(before), ""))["metadata"]["annotations"].contains(key));
}

TEST_CASE("an abort is for the update that was seen, and for no other", "[actions]") {
  const auto writes = abort(decode(paused_rollout()), "");
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].subresource == Subresource::Status);
  // A busy controller does not get in its way, the next revision does.
  const Json busy = with_status(paused_rollout(), {{"currentStepIndex", 2}, {"replicas", 5}});
  CHECK(after(busy, writes)["status"]["abort"] == true);
  CHECK_THROWS(after(with_status(paused_rollout(), {{"currentPodHash", "four"}}), writes));
  CHECK_THROWS(after(with_status(paused_rollout(), {{"stableRS", "three"}}), writes));
}

TEST_CASE("an update is under way until all traffic is with it", "[actions]") {
  CHECK(is_promoted(decode(healthy_rollout())));
  CHECK_FALSE(is_promoted(decode(paused_rollout())));
  CHECK_FALSE(is_promoted(decode(with_status(paused_rollout(), {{"stableRS", ""}}))));
}

TEST_CASE("pause is asked for once", "[actions]") {
  Json rollout = paused_rollout();
  rollout = after(rollout, pause(decode(rollout)));
  CHECK(rollout["spec"]["paused"] == true);
  CHECK(pause(decode(rollout)).empty());
}

TEST_CASE("an image change names a container and an image", "[actions]") {
  const auto change = parse_image_change("shop=registry.example:5000/shop:v2@sha256:ab=");
  REQUIRE(change);
  CHECK(change->container == "shop");
  CHECK(change->image == "registry.example:5000/shop:v2@sha256:ab=");
  for (const char* wrong : {"", "shop", "=shop:v2", "shop="})
    CHECK(parse_image_change(wrong).error().code == ErrorCode::Invalid);
}

TEST_CASE("set image changes the containers of that name", "[actions]") {
  Json rollout = healthy_rollout();
  Json& spec = rollout["spec"]["template"]["spec"];
  spec["containers"].push_back({{"name", "proxy"}, {"image", "proxy:1"}});
  spec["initContainers"] = Json::array({{{"name", "migrate"}, {"image", "shop:v2"}}});
  const Json one = after(rollout, *set_images(rollout, {{"shop", "shop:v3"}}));
  CHECK(one["spec"]["template"]["spec"]["containers"][0]["image"] == "shop:v3");
  CHECK(one["spec"]["template"]["spec"]["containers"][1]["image"] == "proxy:1");
  const Json all = after(rollout, *set_images(rollout, {{"*", "all:1"}}));
  CHECK(all["spec"]["template"]["spec"]["containers"][1]["image"] == "all:1");
  CHECK(all["spec"]["template"]["spec"]["initContainers"][0]["image"] == "all:1");
  CHECK(set_images(rollout, {{"shop", "shop:v2"}, {"proxy", "proxy:1"}})->empty());
  CHECK(set_images(rollout, {{"cart", "cart:1"}}).error() ==
        invalid("rollout \"shop\" has no container \"cart\""));
}

TEST_CASE("set image fails where the containers have moved meanwhile", "[actions]") {
  const Json rollout = healthy_rollout();
  const auto writes = *set_images(rollout, {{"shop", "shop:v3"}});
  Json moved = rollout;
  moved["spec"]["template"]["spec"]["containers"][0]["name"] = "cart";
  CHECK_THROWS(after(moved, writes));
}

TEST_CASE("undo makes an older template current, without our label", "[actions]") {
  const Json rollout = healthy_rollout();
  const RolloutObjects objects = objects_of(rollout);
  for (const int64_t revision : {0, 1}) {
    const auto writes = undo(objects, revision);
    REQUIRE(writes);
    const Json pod_template = after(rollout, *writes)["spec"]["template"];
    CHECK(pod_template["spec"]["containers"][0]["image"] == "shop:v1");
    CHECK(pod_template["metadata"]["labels"] == Json{{"app", "shop"}});
  }
  CHECK(undo(objects, 2)->empty());
  const auto missing = undo(objects, 7);
  REQUIRE_FALSE(missing);
  CHECK(missing.error() ==
        not_found("no such revision of rollout \"shop\" is kept (revisions: 2, 1)"));
}

TEST_CASE("undo passes over ReplicaSets of others", "[actions]") {
  RolloutObjects objects = objects_of(healthy_rollout());
  Json foreign = replica_set(9, "nine", 1, true);
  foreign["metadata"]["ownerReferences"][0]["uid"] = "somebody";
  objects.replica_sets.push_back(object(foreign));
  CHECK(undo(objects, 9).error().code == ErrorCode::NotFound);
}
