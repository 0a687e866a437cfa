#include "net/process.h"

#include <catch2/catch.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

namespace sluice::net {
namespace {

TEST_CASE("the limit of open files is raised as far as it goes", "[process]") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit low{256, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  raise_open_file_limit();
  rlimit raised{};
  CHECK(getrlimit(RLIMIT_NOFILE, &raised) == 0);
  CHECK(raised.rlim_cur == before.rlim_max);
  CHECK(raised.rlim_max == before.rlim_max);
  CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("a reader that has left is an error of the write", "[process]") {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  close(ends[0]);
  ignore_broken_pipes();
  CHECK(write(ends[1], "text", 4) == -1);
  CHECK(errno == EPIPE);
  close(ends[1]);
  std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace sluice::net
