#include "engine/update_duration.h"

#include "tests/engine/world.h"
#include "tests/fakes/dice.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

/// "16.7": of one minute.
SystemTime at(const std::string& seconds) {
  return *parse_time("2026-11-28T13:10:" + seconds + "Z");
}

crds::UpdateDuration begun(const std::string& time) {
  crds::UpdateDuration duration;
  duration.started_at = at(time);
  return duration;
}

crds::UpdateDuration paused(crds::UpdateDuration duration, const std::string& time) {
  duration.manual_pause_started_at = at(time);
  return duration;
}

crds::UpdateDuration ended(crds::UpdateDuration duration, int64_t pauses, const std::string& time,
                           const std::string& how) {
  duration.manual_pause_seconds = pauses;
  duration.finished_at = at(time);
  duration.completion_status = how;
  return duration;
}

struct Row {
  const char* what;
  crds::UpdateDuration before;
  DurationNews news;
  crds::UpdateDuration after;
};

World shop(bool routed) {
  return World({.replicas = 2, .routed = routed, .steps = {set_weight(50), pause_step()}});
}

void something_happens(World& world, Dice& dice) {
  switch (dice.roll(9)) {
    case 0:
      return world.release("v" + std::to_string(1 + dice.roll(3)));
    case 1:
      return world.promote();
    case 2:
      return world.abort();
    case 3:
      return world.retry();
    case 4:
      world.rollout().spec.paused = !world.rollout().spec.paused;
      return;
    case 5:
      world.next_verdict = crds::AnalysisPhase::Inconclusive;
      return;
    case 6:
      world.next_verdict = crds::AnalysisPhase::Successful;
      return;
    default:
      return;
  }
}

}  // namespace

TEST_CASE("a duration follows its update") {
  crds::UpdateDuration resumed = begun("16");
  resumed.manual_pause_seconds = 16;
  const std::vector<Row> rows = {
      {"a new revision begins",
       ended(begun("00"), 7, "01", "Promoted"),
       {.begun = true, .ended = {}, .now = at("16.7")},
       begun("16")},
      {"it begins at a pause",
       {},
       {.begun = true, .ended = {}, .waits_for_person = true, .now = at("16")},
       paused(begun("16"), "16")},
      {"a pause goes on",
       paused(begun("16"), "20"),
       {.ended = {}, .waits_for_person = true, .now = at("30")},
       paused(begun("16"), "20")},
      {"somebody lets it go on",
       paused(begun("16"), "16"),
       {.ended = {}, .now = at("32")},
       resumed},
      {"pauses add up",
       paused(resumed, "36"),
       {.ended = Completion::Promoted, .now = at("40")},
       ended(begun("16"), 20, "40", "Promoted")},
      {"an abort ends the pause, too",
       paused(begun("49"), "54"),
       {.ended = Completion::Aborted, .waits_for_person = true, .now = at("59")},
       ended(begun("49"), 5, "59", "Aborted")},
      {"what has ended stays as it ended",
       ended(begun("16"), 5, "40", "Aborted"),
       {.ended = Completion::Promoted, .waits_for_person = true, .now = at("50")},
       ended(begun("16"), 5, "40", "Aborted")},
      {"an update that began before anybody took its time",
       {},
       {.ended = {}, .waits_for_person = true, .now = at("50")},
       {}},
      {"the clock was set back",
       paused(begun("30"), "40"),
       {.ended = Completion::FastPromoted, .now = at("10")},
       ended(begun("30"), 0, "30", "FastPromoted")},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(follow_duration(row.before, row.news) == row.after);
  }
}

TEST_CASE("an update that is over is told of once, with the whole of it and its pauses") {
  const crds::UpdateDuration under_way = paused(begun("16"), "20");
  const crds::UpdateDuration promoted = ended(begun("16"), 12, "36", "Promoted");
  CHECK(ended_update(under_way, promoted) == EndedUpdate{"Promoted", 20, 12});
  CHECK_FALSE(ended_update(promoted, promoted));
  CHECK_FALSE(ended_update({}, under_way));
  CHECK_FALSE(ended_update(promoted, begun("40")));
  CHECK(ended_update(under_way, begun("50")) == EndedUpdate{"Superseded", 34, 30});
}

TEST_CASE("how an update ended is in its status") {
  World world = shop(GENERATE(true, false));
  world.settle();
  const auto how = [&world] { return world.status().duration.completion_status; };
  CHECK(how() == "Promoted");
  world.advance(std::chrono::seconds(60));
  world.release("v2");
  world.settle();
  CHECK(how().empty());
  REQUIRE(world.status().duration.manual_pause_started_at);
  const SystemTime start = *world.status().duration.started_at;
  world.advance(std::chrono::seconds(100));

  SECTION("step by step, and back step by step") {
    world.promote();
    world.settle();
    CHECK(how() == "Promoted");
    CHECK(*world.status().duration.started_at == start);
    CHECK(world.status().duration.manual_pause_seconds >= 100);
    world.release("v1");
    world.settle();
    world.promote();
    world.settle();
    CHECK(how() == "RolledBack");
  }
  SECTION("in full") {
    world.promote_full();
    world.settle();
    CHECK(how() == "FastPromoted");
  }
  SECTION("aborted, and retried") {
    world.abort();
    world.settle();
    CHECK(how() == "Aborted");
    world.retry();
    world.settle();
    CHECK(how().empty());
    CHECK(*world.status().duration.started_at > start);
  }
  SECTION("back to the stable revision") {
    world.release("v1");
    world.settle();
    CHECK(how() == "FastRolledBack");
    CHECK(*world.status().duration.started_at == start);
  }
  SECTION("back within the rollback window") {
    world.promote();
    world.settle();
    world.rollout().spec.rollback_window_revisions = 3;
    world.release("v1");
    world.settle();
    CHECK(how() == "FastRolledBack");
  }
  SECTION("another revision comes first") {
    std::string superseded;
    world.on_plan = [&](const Plan& plan) {
      if (const auto over = ended_update(world.status().duration, plan.status.duration))
        superseded = over->completion;
    };
    world.release("v3");
    world.settle();
    CHECK(superseded == "Superseded");
  }
}

TEST_CASE("no status is written for a duration alone") {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    World world({.replicas = 3,
                 .routed = dice.chance(50),
                 .steps = {set_weight(30), pause_step(), set_weight(60),
                           pause_step(std::chrono::seconds(5)), analysis()}});
    world.judges = false;
    world.on_plan = [&](const Plan& plan) {
      crds::RolloutStatus same = plan.status;
      same.duration = world.status().duration;
      CHECK((same == world.status()) == (plan.status == world.status()));
    };
    for (int i = 0; i < 80; ++i) {
      something_happens(world, dice);
      world.reconcile();
      world.tick();
    }
  }
}
