#include "server/secret_files.h"

#include "net/event_loop.h"
#include "net/sleep.h"
#include "tests/kube/scratch_folder.h"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <sys/stat.h>

namespace sluice::server {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("a secret file holds one secret a line", "[secret_files]") {
  const kube::ScratchFolder folder;
  const auto secrets = read_secrets(folder.write("secrets", "old\n\n new key \r\nlast"));
  REQUIRE(secrets);
  CHECK(*secrets == std::vector<std::string>{"old", " new key", "last"});
  CHECK(read_secrets(folder.write("long", std::string(kSecretFileMax, 'x'))));
}

TEST_CASE("what is no file of secrets is named", "[secret_files]") {
  const kube::ScratchFolder folder;
  const std::string pipe = folder.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const auto message = [](const std::string& path) { return read_secrets(path).error().message; };
  CHECK(message(pipe) == pipe + ": must be a regular file");
  CHECK(message("/") == "/: must be a regular file");
  CHECK(message("/dev/zero") == "/dev/zero: must be a regular file");
  CHECK_THAT(message(folder.path("absent")), Contains("absent: No such file"));
  CHECK_THAT(message(folder.write("empty", " \n\n")), Contains("holds no secret"));
  CHECK_THAT(message(folder.write("large", std::string(kSecretFileMax + 1, 'x'))),
             Contains("larger than 65536 bytes"));
}

net::Awaitable<void> until(Clock& clock, std::function<bool()> seen) {
  for (int i = 0; i < 2000 && !seen(); ++i) co_await net::sleep_for(clock, 10ms);
  CHECK(seen());
}

net::Awaitable<int> rotate(net::EventLoop& loop, const kube::ScratchFolder& folder) {
  KnownSecrets known;
  const std::string path = folder.write("tokens", "old");
  SecretFiles files(loop.executor(), loop.clock(), {.hmac_file = {}, .token_file = path}, known);
  REQUIRE(co_await files.start());
  CHECK((*known)->bearer_tokens == std::vector<std::string>{"old"});
  folder.write("tokens", "new");
  co_await until(loop.clock(), [&known] { return *known && (*known)->bearer_tokens[0] == "new"; });
  std::filesystem::remove(path);
  co_await until(loop.clock(), [&known] { return !*known; });
  CHECK((*known).error().message.starts_with("--webhook-token-file: "));
  folder.write("tokens", "back");
  co_await until(loop.clock(), [&known] { return known->has_value(); });
  co_await files.stop();
  co_return 0;
}

TEST_CASE("a changed file counts without a restart, a missing one lets nobody in",
          "[secret_files]") {
  const kube::ScratchFolder folder;
  net::EventLoop loop;
  CHECK(loop.run(rotate(loop, folder)) == 0);
}

/// A file on a mount that may be away: a reader waits until it is back.
class Mount {
 public:
  void set_away(bool away) {
    const std::lock_guard lock(mutex_);
    away_ = away;
    changed_.notify_all();
  }

  std::vector<std::string> read() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !away_; });
    return {"token"};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool away_ = false;
};

net::Awaitable<int> hang(net::EventLoop& loop) {
  KnownSecrets known;
  // Shared with the thread that hangs, which nobody waits for.
  const auto mount = std::make_shared<Mount>();
  SecretFiles files(
      loop.executor(), loop.clock(),
      {.hmac_file = {},
       .token_file = "/away",
       .read_file =
           [mount](const std::string&) { return Result<std::vector<std::string>>(mount->read()); }},
      known);
  REQUIRE(co_await files.start());
  CHECK((*known)->bearer_tokens == std::vector<std::string>{"token"});
  mount->set_away(true);
  co_await until(loop.clock(), [&known] { return !*known; });
  CHECK((*known).error().code == ErrorCode::Timeout);
  CHECK((*known).error().message.starts_with("--webhook-token-file: /away: "));
  mount->set_away(false);
  co_await until(loop.clock(), [&known] { return known->has_value(); });
  CHECK((*known)->bearer_tokens == std::vector<std::string>{"token"});
  co_await files.stop();
  co_return 0;
}

TEST_CASE("a file that hangs holds up nobody and lets nobody in until it is back",
          "[secret_files]") {
  net::EventLoop loop;
  CHECK(loop.run(hang(loop)) == 0);
}

}  // namespace
}  // namespace sluice::server
