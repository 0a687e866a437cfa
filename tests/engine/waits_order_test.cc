// The order, the number and the length of what is told of waits.

#include "engine/reasons.h"
#include "engine/waits.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;
using namespace std::chrono_literals;

TEST_CASE(
    "waits are told once each, troubles first, at most so many, and no sentence without end") {
  const SystemTime now = *parse_time("2026-11-21T12:00:00.5Z");
  const auto wait = [](std::string_view reason, const std::string& name) {
    return crds::Wait{
        .reason = std::string(reason), .message = "m", .object = {"ReplicaSet", name}};
  };
  Waits many = {wait(kWaitingForOldPods, "a"), wait(kWaitingForPods, "b"), wait(kPodsCrash, "c"),
                wait(kPodsCrash, "c")};
  many[2].message = std::string(2 * kWaitMessageMax, 'x');
  Waits before = {wait(kWaitingForPods, "b")};
  before[0].since = *parse_time("2026-11-21T11:00:00Z");
  const Waits settled = settle_waits(many, before, now);
  REQUIRE(settled.size() == 3);
  CHECK(settled[0].reason == kPodsCrash);
  CHECK(settled[0].message.size() <= kWaitMessageMax + 3);
  CHECK(settled[0].since == *parse_time("2026-11-21T12:00:00Z"));
  CHECK(settled[1].since == before[0].since);
  CHECK(settled[2].reason == kWaitingForOldPods);
  for (int i = 0; i < 20; ++i) many.push_back(wait(kPodsCrash, std::to_string(i)));
  CHECK(settle_waits(many, {}, now).size() == kWaitsMax);
  before[0].since = now + 2h;
  CHECK(settle_waits(many, before, now).back().since <= now);
}
