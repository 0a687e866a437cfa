// What a person is told about a Rollout that is not there, and how long a wait bears with a server.

#include "cli/rollout_access.h"

#include "tests/cli/rollout_samples.h"
#include "tests/fakes/fake_clock.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::cli;

TEST_CASE("who asks for a rollout that is not there learns which are", "[access]") {
  const auto said = [](const std::string& name, const std::vector<std::string>& names) {
    const std::string text =
        missing_text(*kube::find_resource("argoproj.io", "Rollout"), {"shops", name}, names);
    const std::string head =
        "rollouts.argoproj.io \"" + name + "\" not found in namespace \"shops\": ";
    REQUIRE(text.starts_with(head));
    return text.substr(head.size());
  };
  CHECK(said("shop", {}) == "there is none");
  CHECK(said("shpo", {"cart", "shop"}) == "did you mean \"shop\"?");
  CHECK(said("shop-fronted", {"cart", "shop-frontend"}) == "did you mean \"shop-frontend\"?");
  CHECK(said("front", {"cart", "frontend"}) == "did you mean \"frontend\"?");
  CHECK(said("shop-canary", {"cart", "shop"}) == "did you mean \"shop\"?");
  CHECK(said("nobody", {"cart", "shop"}) == "there is cart, shop");
  // Two letters of two are no likeness.
  CHECK(said("ab", {"cd"}) == "there is cd");
  const std::vector<std::string> many(11, "service");
  CHECK(said("nobody", many).ends_with("service, …"));
}

TEST_CASE("the words of an abort are not taken for an answer to the retry", "[access]") {
  Json rollout = test::paused_rollout();
  const auto observed = [&rollout] {
    return RolloutRead{test::object(rollout), test::decode(rollout)}.observed();
  };
  CHECK(observed());
  rollout["status"].update({{"abort", true},
                            {"phase", "Degraded"},
                            {"message", "RolloutAborted: Rollout aborted update to revision 3"}});
  CHECK(observed());
  rollout["status"]["abort"] = false;
  CHECK_FALSE(observed());
  rollout["status"].update({{"phase", "Progressing"}, {"message", "more replicas"}});
  CHECK(observed());
  rollout["metadata"]["generation"] = 99;
  CHECK_FALSE(observed());
}

TEST_CASE("a wait bears a server that is away for a moment", "[access]") {
  FakeClock clock;
  Patience patience(clock);
  // Nobody has answered yet: the address may be wrong.
  CHECK_FALSE(patience.bears(unavailable("refused")));
  patience.answered();
  CHECK(patience.bears(unavailable("refused")));
  CHECK_FALSE(patience.bears(forbidden("no more")));
  clock.advance(Patience::kAwayMax);
  CHECK(patience.bears(timeout("slow")));
  clock.advance(std::chrono::seconds(1));
  CHECK_FALSE(patience.bears(unavailable("refused")));
  patience.answered();
  CHECK(patience.bears(unavailable("refused")));
}
