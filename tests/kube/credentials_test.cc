#include "kube/credentials.h"

#include "tests/fakes/fake_clock.h"
#include "tests/kube/scratch_folder.h"

#include <catch2/catch.hpp>

#include <filesystem>

namespace sluice::kube {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("credentials are a token, a name and password, or nothing", "[credentials]") {
  FakeClock clock;
  CHECK(Credentials({.token = "secret"}, clock).header() == "Bearer secret");
  CHECK(Credentials({.username = "jane", .password = "pw"}, clock).header() ==
        "Basic amFuZTpwdw==");
  CHECK(Credentials({}, clock).header() == "");
  CHECK_FALSE(Credentials({.token = "secret"}, clock).renew());
}

TEST_CASE("a token file beats the token and is read again", "[credentials]") {
  const ScratchFolder folder;
  FakeClock clock;
  const std::string path = folder.write("token", "one\n");
  Credentials credentials({.token = "static", .token_file = path}, clock);
  CHECK(credentials.header() == "Bearer one");
  folder.write("token", "two\n");
  CHECK(credentials.header() == "Bearer one");
  clock.advance(Credentials::kTokenAge);
  CHECK(credentials.header() == "Bearer two");
  folder.write("token", "three\n");
  CHECK(credentials.renew());
  CHECK(credentials.header() == "Bearer three");
}

TEST_CASE("a token that was read outlives its file for a while", "[credentials]") {
  const ScratchFolder folder;
  FakeClock clock;
  const std::string path = folder.write("token", "one");
  Credentials credentials({.token_file = path}, clock);
  CHECK(credentials.header() == "Bearer one");
  std::filesystem::remove(path);
  clock.advance(Credentials::kTokenAge);
  CHECK(credentials.header() == "Bearer one");
  folder.write("token", " \n");
  clock.advance(Credentials::kTokenRetry);
  CHECK(credentials.header() == "Bearer one");
  folder.write("token", "two");
  clock.advance(Credentials::kTokenRetry - 1s);
  CHECK(credentials.header() == "Bearer one");
  clock.advance(1s);
  CHECK(credentials.header() == "Bearer two");
}

TEST_CASE("without any token the file is named, and asked again at once", "[credentials]") {
  const ScratchFolder folder;
  FakeClock clock;
  const std::string path = folder.path("token");
  Credentials credentials({.token_file = path}, clock);
  for (const bool empty : {false, true}) {
    if (empty) folder.write("token", "\n");
    const auto header = credentials.header();
    REQUIRE_FALSE(header);
    CHECK(header.error().code == ErrorCode::Unavailable);
    CHECK_THAT(header.error().message, Contains(path));
  }
  folder.write("token", "one");
  CHECK(credentials.header() == "Bearer one");
}

}  // namespace
}  // namespace sluice::kube
