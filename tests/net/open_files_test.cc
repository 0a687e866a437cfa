#include "net/open_files.h"

#include <catch2/catch.hpp>

#include <sys/resource.h>

namespace sluice::net {
namespace {

TEST_CASE("the limit of open files is raised as far as it goes", "[open_files]") {
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

}  // namespace
}  // namespace sluice::net
