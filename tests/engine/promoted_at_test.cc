// Which revisions were ever stable, and since when, stands on their ReplicaSets.

#include "crds/names.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine::test;

namespace {

std::string promoted_at(const World& world, const std::string& image) {
  const auto* found = world.find_image(image);
  return found == nullptr ? "" : found->annotation(crds::kPromotedAtAnnotation);
}

}  // namespace

TEST_CASE("a promotion is dated, the first one too") {
  World world({.replicas = 2, .routed = GENERATE(true, false), .steps = {pause_step()}});
  world.settle();
  const std::string first = promoted_at(world, "v1");
  REQUIRE(parse_time(first));
  world.release("v2");
  world.settle();
  CHECK(promoted_at(world, "v2") == "");
  world.promote();
  world.settle();
  REQUIRE(parse_time(promoted_at(world, "v2")));
  CHECK(*parse_time(promoted_at(world, "v2")) > *parse_time(first));
  CHECK(promoted_at(world, "v1") == first);
}

TEST_CASE("a revision that is promoted again is dated anew") {
  World world({.replicas = 2, .steps = {pause_step()}});
  world.settle();
  const std::string first = promoted_at(world, "v1");
  for (const char* image : {"v2", "v1"}) {
    world.release(image);
    world.settle();
    world.promote();
    world.settle();
  }
  CHECK(*parse_time(promoted_at(world, "v1")) > *parse_time(first));
}

TEST_CASE("a date that got lost is put back, an aborted revision gets none") {
  World world({.replicas = 2, .steps = {pause_step()}});
  world.settle();
  world.revision("v1").annotations.erase(std::string(crds::kPromotedAtAnnotation));
  world.release("v2");
  world.settle();
  CHECK(parse_time(promoted_at(world, "v1")));
  world.abort();
  world.settle();
  CHECK(promoted_at(world, "v2") == "");
}
