#include "base/backoff.h"

#include <catch2/catch.hpp>

namespace sluice {
namespace {

using namespace std::chrono_literals;

TEST_CASE("waits grow to the limit and start over after success", "[backoff]") {
  Backoff backoff({.first = 10ms, .longest = 100ms, .factor = 2});
  const double no_jitter = 1.0;
  CHECK(backoff.next(no_jitter) == 10ms);
  CHECK(backoff.next(no_jitter) == 20ms);
  CHECK(backoff.next(0.0) == 20ms);
  for (int i = 0; i < 100; ++i) CHECK(backoff.next(no_jitter) <= 100ms);
  backoff.reset();
  CHECK(backoff.next(no_jitter) == 10ms);
}

}  // namespace
}  // namespace sluice
