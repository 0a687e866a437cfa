#include "analysis/providers/token_fetches.h"

#include "net/event_loop.h"
#include "net/notifier.h"
#include "net/real_clock.h"
#include "net/task_group.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace sluice::analysis {
namespace {

using namespace std::chrono_literals;

const OAuth2 kSettings{
    .token_url = "http://idp/token", .client_id = "shop", .client_secret = "s", .scopes = {}};

/// Fetches that last until the test lets them answer.
class Stage {
 public:
  net::Awaitable<Result<std::string>> fetch() {
    ++begun;
    while (!answer) co_await changed.wait();
    co_return *answer;
  }

  net::Awaitable<void> want(size_t who, Duration patience, OAuth2 settings) {
    got.resize(std::max(got.size(), who + 1));
    got[who] = co_await fetches.get(std::move(settings), net::real_steady_now() + patience,
                                    [this] { return fetch(); });
    changed.notify();
  }

  net::TaskGroup::TaskId start(size_t who, Duration patience = 1h, OAuth2 settings = kSettings) {
    return tasks.spawn("want", want(who, patience, std::move(settings)));
  }

  void settle() {
    for (int i = 0; i < 20; ++i) loop.run(turn());
  }

  void say(Result<std::string> said) {
    answer = std::move(said);
    changed.notify();
    settle();
  }

  void await_answer(size_t who) { loop.run(until_answered(who)); }

  ~Stage() { loop.run(stop()); }

  net::EventLoop loop;
  net::Notifier changed{loop.executor()};
  TokenFetches fetches;
  int begun = 0;
  std::optional<Result<std::string>> answer;
  std::vector<std::optional<Result<std::string>>> got;
  net::TaskGroup tasks{loop.executor()};

 private:
  static net::Awaitable<int> turn() {
    co_await boost::asio::post(boost::asio::use_awaitable);
    co_return 0;
  }

  net::Awaitable<int> until_answered(size_t who) {
    while (!got[who]) co_await changed.wait();
    co_return 0;
  }

  net::Awaitable<int> stop() {
    co_await tasks.stop();
    co_return 0;
  }
};

TEST_CASE("who wants the same token waits for the same fetch", "[oauth2]") {
  Stage stage;
  OAuth2 other = kSettings;
  other.client_id = "other";
  stage.start(0);
  stage.start(1);
  stage.start(2, 1h, other);
  stage.settle();
  CHECK(stage.begun == 2);
  const Result<std::string> said =
      GENERATE(Result<std::string>("token"), Result<std::string>(fail(forbidden("no"))));
  stage.say(said);
  for (size_t who = 0; who < 3; ++who) CHECK(stage.got[who] == said);
  CHECK(stage.begun == 2);
  // What has ended is nobody's any more.
  stage.start(3);
  stage.settle();
  CHECK(stage.begun == 3);
}

TEST_CASE("where a fetch is broken off the next who waits fetches", "[oauth2]") {
  Stage stage;
  const auto first = stage.start(0);
  stage.settle();
  stage.start(1);
  stage.start(2);
  stage.settle();
  stage.tasks.cancel(first);
  stage.settle();
  CHECK(stage.begun == 2);
  stage.say("token");
  CHECK_FALSE(stage.got[0]);
  CHECK(stage.got[1] == Result<std::string>("token"));
  CHECK(stage.got[2] == Result<std::string>("token"));
  CHECK(stage.begun == 2);
}

TEST_CASE("that one fetch was too late is said to nobody else", "[oauth2]") {
  Stage stage;
  stage.start(0);
  stage.settle();
  stage.start(1);
  stage.settle();
  stage.say(fail(timeout("late")));
  CHECK(stage.begun == 2);
}

TEST_CASE("who waits does so no longer than he may", "[oauth2]") {
  Stage stage;
  stage.start(0);
  stage.settle();
  const auto leaves = stage.start(1);
  stage.start(2, 10ms);
  stage.settle();
  stage.await_answer(2);
  REQUIRE_FALSE(*stage.got[2]);
  CHECK(stage.got[2]->error().code == ErrorCode::Timeout);
  stage.tasks.cancel(leaves);
  stage.settle();
  stage.say("token");
  CHECK_FALSE(stage.got[1]);
  CHECK(stage.got[0] == Result<std::string>("token"));
  CHECK(stage.begun == 1);
}

}  // namespace
}  // namespace sluice::analysis
