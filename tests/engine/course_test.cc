// The courses of an update as the header lists them, as the page for users draws them, and as the
// planner takes them in some thousand shuffled plans: one set of transitions.

#include "engine/course.h"

#include "crds/names.h"
#include "tests/engine/world.h"
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

/// "First --> Promoted" and its like, wherever they stand in the file.
std::set<std::string> transitions_in(const char* path) {
  std::ifstream file(path);
  REQUIRE(file.good());
  std::set<std::string> found;
  const std::regex arrow(R"(([A-Z]\w+ --> [A-Z]\w+))");
  for (std::string line; std::getline(file, line);)
    if (std::smatch match; std::regex_search(line, match, arrow)) found.insert(match[1]);
  return found;
}

class Story {
 public:
  Story(uint32_t seed, std::set<std::string>& seen) : dice_(seed), seen_(seen) {}

  void tell() {
    World world({.replicas = 2, .steps = {set_weight(50), pause_step()}});
    world.judges = false;
    for (int i = 0; i < kEvents; ++i) {
      happen(world);
      world.reconcile();
      follow(world);
      if (dice_.roll(4) > 0) world.tick();
    }
  }

 private:
  void follow(const World& world) {
    const Facts facts = read_facts(world.snapshot);
    const std::string now(to_string(decide_course(facts, world.status(), facts.is_stable())));
    if (!last_.empty() && last_ != now) seen_.insert(last_ + " --> " + now);
    last_ = now;
  }

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
        if (dice_.roll(3) == 0) lose_stable(world);
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
  std::set<std::string>& seen_;
  std::string last_;
};

}  // namespace

TEST_CASE("the courses that are drawn are those that are taken") {
  std::set<std::string> seen;
  for (uint32_t seed = 1; seed <= kStories; ++seed) Story(seed, seen).tell();
  CHECK(transitions_in(SLUICE_SOURCE_DIR "/engine/course.h") == seen);
  CHECK(transitions_in(SLUICE_SOURCE_DIR "/docs/state-machine.md") == seen);
}
