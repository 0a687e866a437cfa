// What was asked for and no controller has acted upon.

#include "cli/look/promises.h"

#include "cli/look/rollout_state.h"
#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::test;

namespace {

/// The Rollout with a record of that verb, which found generation 4.
crds::Rollout asked(const char* verb, const Json& status,
                    const std::string& at = "2026-11-21T12:09:00Z") {
  Json rollout = verbs::test::with_status(paused_rollout(), status);
  rollout["metadata"]["annotations"]["sluice.dev/actions"] =
      fmt::format(R"([{{"verb":"{}","user":"ann","at":"{}","generation":4,"step":1}}])", verb, at);
  return decode(rollout);
}

std::vector<std::string> promised(const crds::Rollout& rollout) {
  std::vector<std::string> promised;
  for (const verbs::ActionRecord& action : promises_of(rollout, kNow))
    promised.push_back(action.verb);
  return promised;
}

using Verbs = std::vector<std::string>;

const Json kAbortedStatus = {{"phase", "Degraded"}, {"message", "RolloutAborted: too slow"}};

}  // namespace

TEST_CASE("a verb that is written into the status waits until that answers it", "[promises]") {
  CHECK(promised(asked("abort", {{"abort", true}})) == Verbs{"abort"});
  CHECK(promised(asked("abort", {{"abort", true}, {"phase", "Degraded"}})).empty());
  CHECK(promised(asked("retry", kAbortedStatus)) == Verbs{"retry"});
  CHECK(promised(asked("retry", {{"phase", "Progressing"}, {"message", ""}})).empty());
  CHECK(promised(asked("promote", {{"pauseConditions", Json::array()}})) == Verbs{"promote"});
  CHECK(promised(asked("promote", Json::object())).empty());
}

TEST_CASE("what changed the spec waits until a controller has seen it", "[promises]") {
  CHECK(promised(asked("set image", {{"observedGeneration", "4"}})).empty());
  CHECK(promised(asked("set image", {{"observedGeneration", "3"}})) == Verbs{"set image"});
}

TEST_CASE("what was asked for this moment is no news, but for a clock that is ahead",
          "[promises]") {
  CHECK(promised(asked("abort", {{"abort", true}}, "2026-11-21T12:09:58Z")).empty());
  CHECK(promised(asked("abort", {{"abort", true}}, "2026-11-21T12:12:00Z")) == Verbs{"abort"});
}

TEST_CASE("the state tells what was asked for", "[promises]") {
  const std::string text = state_text(asked("abort", {{"abort", true}}), kNow);
  CHECK_THAT(text,
             Catch::Contains("\n  Asked for: abort by ann at step 1, 2026-11-21T12:09:00Z; no "
                             "controller has acted upon it yet"));
}
