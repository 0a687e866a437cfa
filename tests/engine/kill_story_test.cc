// The process dies at every single write of a whole story, and the next plan carries on from what
// it finds: the end is the same.

#include "crds/names.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <functional>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

/// What users would see, in one text. Names of runs and times may differ.
std::string picture(const World& world) {
  std::string text =
      fmt::format("{} {} {} weight {}", crds::to_string(world.status().phase),
                  world.status().message, world.status().stable_rs, world.canary_weight());
  for (const char* image : {"v1", "v2", "v3"}) {
    const ReplicaSet* found = world.find_image(image);
    if (found == nullptr) continue;
    text += fmt::format("; {} {} revision {}", image, found->spec_replicas, found->revision());
  }
  for (const auto& [name, service] : world.snapshot.services)
    text += fmt::format("; {} {}", name, service.selector_hash);
  return text;
}

void healthy_release(World& world) {
  world.settle();
  world.release("v2");
  for (int i = 0; i < 5; ++i) {
    world.settle();
    if (world.status().phase == crds::RolloutPhase::Paused) world.promote();
  }
  world.settle();
  world.advance(std::chrono::seconds(60));
  world.settle();
}

void aborted_and_retried(World& world) {
  world.settle();
  world.release("v2");
  world.settle();
  world.promote();
  world.settle();
  world.abort();
  world.settle();
  world.advance(std::chrono::seconds(60));
  world.settle();
  world.retry();
  world.settle();
  world.promote_full();
  world.settle();
}

void third_revision(World& world) {
  world.settle();
  world.release("v2");
  world.settle();
  world.promote();
  world.settle();
  world.release("v3");
  world.settle();
  world.release("v1");
  world.settle();
  world.advance(std::chrono::seconds(60));
  world.settle();
}

void judged(World& world) {
  world.canary().steps = {set_weight(10), analysis(), set_weight(50), analysis()};
  world.settle();
  world.release("v2");
  world.next_verdict = crds::AnalysisPhase::Successful;
  world.settle();
  world.release("v3");
  world.next_verdict = crds::AnalysisPhase::Failed;
  world.verdict_message = "bad";
  world.settle();
  world.advance(std::chrono::seconds(60));
  world.settle();
}

struct Story {
  const char* name;
  std::function<void(World&)> tell;
};

}  // namespace

TEST_CASE("killed at any write, every story ends the same") {
  const Story story = GENERATE(values<Story>({{"healthy release", healthy_release},
                                              {"aborted and retried", aborted_and_retried},
                                              {"third revision", third_revision},
                                              {"judged", judged}}));
  const bool routed = GENERATE(true, false);
  INFO(story.name << (routed ? ", routed" : ", basic"));
  const WorldOptions options{.replicas = 10, .routed = routed, .steps = mission_steps()};
  World undisturbed(options);
  story.tell(undisturbed);
  const std::string expected = picture(undisturbed);
  for (size_t write = 0; write < undisturbed.writes; ++write) {
    INFO("killed at write " << write);
    World world(options);
    world.dies_at_write = write;
    story.tell(world);
    CHECK(picture(world) == expected);
  }
}
