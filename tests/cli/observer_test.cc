// What an observer says, asked by its address.

#include "cli/look/observer.h"

#include "tests/fakes/scripted_http_client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <exception>
#include <optional>

using namespace sluice;
using namespace sluice::cli;

namespace {

constexpr const char* kAnswer = R"({
  "rollout": "default/shop",
  "waitingFor": [{"reason": "WaitingForPromotion", "message": "until somebody promotes"}],
  "reasons": [],
  "decisions": [{"aspect": "phase", "otherEngine": "Paused", "sluice": "Paused"},
                {"aspect": "step", "otherEngine": "2", "sluice": "1"},
                {"aspect": "weight", "otherEngine": "", "sluice": "25"}],
  "differences": ["step: the other engine went from 1 to 2, Sluice would be at 1"]})";

Result<Json> ask(ScriptedHttpClient& client, const std::string& url) {
  boost::asio::io_context context;
  std::optional<Result<Json>> answer;
  boost::asio::co_spawn(context, ask_observer(client, url, {"default", "shop"}),
                        [&](const std::exception_ptr&, Result<Json> said) { answer = said; });
  context.run();
  REQUIRE(answer);
  return *answer;
}

}  // namespace

TEST_CASE("an observer is asked for one Rollout, and its decisions stand beside the other's",
          "[observer]") {
  ScriptedHttpClient client;
  client.answer(200, kAnswer);
  const auto said = ask(client, "http://127.0.0.1:9090/");
  REQUIRE(said);
  REQUIRE(client.requests().size() == 1);
  CHECK(client.requests()[0].url == "http://127.0.0.1:9090/debug/rollouts/default/shop");
  CHECK(render_observed(*said) ==
        "Sluice would:    phase Paused, as the other engine\n"
        "                 step 1; the other engine has 2\n"
        "                 weight 25; the other engine has nothing\n"
        "  wait for:      WaitingForPromotion: until somebody promotes\n"
        "Differed:        step: the other engine went from 1 to 2, Sluice would be at 1\n");
}

TEST_CASE("a controller that observes nobody is told from an observer", "[observer]") {
  ScriptedHttpClient client;
  client.answer(200, R"({"decisions": [], "differences": [], "waitingFor": []})");
  const auto said = ask(client, "http://127.0.0.1:9090");
  REQUIRE(said);
  CHECK_THAT(render_observed(*said), Catch::Contains("runs without --observe-only"));
}

TEST_CASE("what is no controller of Sluice is refused, and one that is away is said",
          "[observer]") {
  ScriptedHttpClient client;
  client.answer(404, "not here");
  client.answer(200, "<html>");
  client.answer(200, R"({"hello": "world"})");
  for (int i = 0; i < 3; ++i) {
    const auto said = ask(client, "http://127.0.0.1:1");
    REQUIRE_FALSE(said);
    CHECK_THAT(said.error().message, Catch::Contains("is no controller of Sluice"));
  }
  const auto away = ask(client, "http://127.0.0.1:1");
  REQUIRE_FALSE(away);
  CHECK_THAT(away.error().message, Catch::StartsWith("the observer at http://127.0.0.1:1"));
}
