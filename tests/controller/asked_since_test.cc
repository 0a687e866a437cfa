#include "controller/asked_since.h"

#include <catch2/catch.hpp>

namespace sluice::controller {
namespace {

const ObjectKey kAsking{"default", "shop"};

traffic::Observation seen_at(int64_t generation, int64_t weight) {
  return {.canary_weight = weight,
          .object = traffic::ObjectRef{{"gateway.networking.k8s.io", "v1", "HTTPRoute"},
                                       {"default", "edge"}},
          .generation = generation};
}

TEST_CASE("what others write does not move the generation that is waited for", "[asked_since]") {
  AskedSince since;
  CHECK(since.generation(kAsking, seen_at(4, 10)) == 4);
  CHECK(since.generation(kAsking, seen_at(7, 10)) == 4);
  CHECK(since.generation({"default", "cart"}, seen_at(7, 10)) == 7);
}

TEST_CASE("another weight, a managed route or a write of ours is waited for", "[asked_since]") {
  AskedSince since;
  since.generation(kAsking, seen_at(4, 10));
  CHECK(since.generation(kAsking, seen_at(7, 30)) == 7);
  CHECK(since.generation(kAsking, seen_at(8, 10)) == 8);
  traffic::Observation with_header = seen_at(9, 10);
  with_header.managed_routes = {"beta"};
  CHECK(since.generation(kAsking, with_header) == 9);
  since.forget(kAsking);
  CHECK(since.generation(kAsking, seen_at(11, 10)) == 11);
}

TEST_CASE("each object of a Rollout has a generation of its own", "[asked_since]") {
  AskedSince since;
  traffic::Observation other = seen_at(2, 10);
  other.object->key.name = "inner";
  CHECK(since.generation(kAsking, seen_at(4, 10)) == 4);
  CHECK(since.generation(kAsking, other) == 2);
  CHECK(since.generation(kAsking, seen_at(5, 10)) == 4);
}

}  // namespace
}  // namespace sluice::controller
