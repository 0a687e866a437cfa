// The courses of an update as the header lists them, as the page for users draws them, and as the
// planner takes them in some thousand shuffled plans: one set of transitions, for either strategy.
// The same of the stages that a blue-green update comes through.

#include "engine/course.h"

#include "crds/names.h"
#include "tests/engine/blue_green_world.h"
#include "tests/fakes/dice.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <regex>
#include <set>
#include <string>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

constexpr uint32_t kStories = 400;
constexpr int kEvents = 60;

constexpr const char* kHeader = SLUICE_SOURCE_DIR "/engine/course.h";
constexpr const char* kPage = SLUICE_SOURCE_DIR "/docs/state-machine.md";

/// "First --> Promoted" and its like, wherever they stand below that heading of the file.
std::set<std::string> transitions_in(const char* path, const std::string& heading = "") {
  std::ifstream file(path);
  REQUIRE(file.good());
  std::set<std::string> found;
  const std::regex arrow(R"(([A-Z]\w+ --> [A-Z]\w+))");
  bool is_below = heading.empty();
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) is_below = heading.empty() || line.ends_with(heading);
    std::smatch match;
    if (is_below && std::regex_search(line, match, arrow)) found.insert(match[1]);
  }
  return found;
}

World canary() {
  return World({.replicas = 2, .steps = {set_weight(50), pause_step()}});
}

Course course_of(const World& world) {
  const Facts facts = read_facts(world.snapshot);
  return decide_course(facts, world.status(), facts.is_stable());
}

std::string name_of_course(const World& world) {
  return std::string(to_string(course_of(world)));
}

/// Somebody promotes; the revision grows then; its users come before it is stable.
World staged_blue_green() {
  crds::BlueGreenStrategy strategy = by_hand();
  strategy.preview_replica_count = 1;
  strategy.post_promotion_analysis = smoke_test();
  World world = blue_green(strategy);
  world.next_verdict = crds::AnalysisPhase::Successful;
  return world;
}

/// How far a blue-green update has come; the course, where none is under way.
std::string stage_of(const World& world) {
  const Course course = course_of(world);
  if (course != Course::Updating) return name_of_course(world);
  if (!world.status().blue_green.scale_up_preview_check_point) return "Preview";
  return active(world) == world.status().current_pod_hash ? "Switched" : "Growing";
}

using Seen = std::set<std::string>;

/// What is told of a world after each of its plans, as it changes.
class Telling {
 public:
  explicit Telling(std::string (*of)(const World&)) : of_(of) {}

  void begin() { last_.clear(); }

  void follow(const World& world) {
    const std::string now = of_(world);
    if (!last_.empty() && last_ != now) seen.insert(last_ + " --> " + now);
    last_ = now;
  }

  Seen seen;

 private:
  std::string (*of_)(const World&);
  std::string last_;
};

class Story {
 public:
  /// `loses_often`: the stable ReplicaSet is deleted three times as often.
  Story(uint32_t seed, bool loses_often, Telling& courses, Telling& stages)
      : dice_(seed), loses_often_(loses_often), courses_(courses), stages_(stages) {}

  void tell(World world) {
    world.judges = false;
    courses_.begin();
    stages_.begin();
    for (int i = 0; i < kEvents; ++i) {
      happen(world);
      world.reconcile();
      courses_.follow(world);
      stages_.follow(world);
      if (dice_.roll(4) > 0) world.tick();
    }
  }

 private:
  void release(World& world) {
    world.release("v" + std::to_string(1 + dice_.roll(3)));
    if (dice_.roll(3) > 0) return;
    world.rollout().meta.annotations[std::string(crds::kRollbackToAnnotation)] =
        plan(world.snapshot).status.current_pod_hash;
  }

  void lose_stable(World& world) {
    std::erase_if(world.snapshot.replica_sets,
                  [&](const ReplicaSet& set) { return set.hash() == world.status().stable_rs; });
  }

  void happen(World& world) {
    switch (dice_.roll(12)) {
      case 0:
      case 1:
        return release(world);
      case 2:
        return world.abort();
      case 3:
        return world.retry();
      case 4:
        return world.promote();
      case 5:
        return world.promote_full();
      case 6:
        if (loses_often_ || dice_.roll(3) == 0) lose_stable(world);
        if (dice_.roll(3) == 0) world.snapshot.replica_sets.clear();
        return;
      case 7:
        if (dice_.roll(3) == 0) world.rollout().status = {};
        return;
      case 8:
        world.broken_images = {"v" + std::to_string(1 + dice_.roll(4))};
        return;
      case 9:
        world.release("v4");
        return world.abort();
      default:
        return;
    }
  }

  Dice dice_;
  bool loses_often_;
  Telling& courses_;
  Telling& stages_;
};

}  // namespace

TEST_CASE("the courses that are drawn are those that are taken") {
  Telling courses(name_of_course);
  Telling stages(name_of_course);
  for (uint32_t seed = 1; seed <= kStories; ++seed)
    Story(seed, false, courses, stages).tell(canary());
  CHECK(transitions_in(kHeader) == courses.seen);
  CHECK(transitions_in(kPage, "The course of an update") == courses.seen);
}

TEST_CASE("a blue-green update takes the same courses, and its stages are drawn") {
  Telling courses(name_of_course);
  Telling stages(stage_of);
  for (uint32_t seed = 1; seed <= kStories; ++seed)
    Story(seed, true, courses, stages).tell(staged_blue_green());
  CHECK(transitions_in(kHeader) == courses.seen);
  CHECK(transitions_in(kPage, "Blue-green") == stages.seen);
}
