// When the Leases are worth a word.

#include "cli/look/lease_words.h"

#include "cli/look/rollout_tree.h"
#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::test;

namespace {

bool matter(const Json& status) {
  return leases_matter(decode(verbs::test::with_status(paused_rollout(), status)), kNow);
}

Json waiting_for(const char* reason) {
  return {{"waitingFor", Json::array({{{"reason", reason}, {"since", "2026-11-21T12:09:00Z"}}})}};
}

}  // namespace

TEST_CASE("who leads matters where no controller answers, or two do", "[lease_words]") {
  CHECK(matter({{"observedGeneration", "3"}}));
  CHECK(matter(waiting_for("SecondController")));
  CHECK_FALSE(matter(waiting_for("WaitingForPromotion")));
  CHECK_FALSE(matter(Json::object()));
}

TEST_CASE("the tree shows what the Leases tell", "[lease_words]") {
  RolloutInfo info = make_rollout_info(objects_of(paused_rollout()));
  CHECK_THAT(render_rollout(info, kNow, {.color = false}), !Catch::Contains("Leases:"));
  info.leases = "sluice/sluice-controller is held by nobody";
  CHECK_THAT(render_rollout(info, kNow, {.color = false}),
             Catch::Contains("Leases:          sluice/sluice-controller is held by nobody\n"));
  CHECK(encode_rollout_info(info, kNow)["leases"] == info.leases);
}
