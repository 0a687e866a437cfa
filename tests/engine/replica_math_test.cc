#include "engine/replica_math.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::engine;

TEST_CASE("the basic canary splits pods as near to the weight as it can") {
  struct Row {
    int64_t replicas, weight;
    bool surge;
    int64_t canary, stable;
  };

  const auto row = GENERATE(values<Row>({
      {10, 0, false, 0, 10}, {10, 5, false, 1, 9},    {10, 10, false, 1, 9}, {10, 50, false, 5, 5},
      {10, 99, false, 9, 1}, {10, 100, false, 10, 0}, {10, 1, true, 1, 10},  {10, 5, true, 1, 10},
      {10, 18, true, 2, 9},  {10, 20, true, 2, 8},    {10, 24, true, 3, 8},  {10, 25, true, 3, 8},
      {10, 99, true, 10, 1}, {10, 100, true, 10, 0},  {1, 1, true, 1, 1},    {1, 50, true, 1, 1},
      {1, 99, true, 1, 1},   {1, 0, true, 0, 1},      {1, 100, true, 1, 0},  {1, 40, false, 0, 1},
      {1, 60, false, 1, 0},  {3, 50, true, 2, 2},     {4, 10, true, 1, 4},   {2, 50, false, 1, 1},
      {2, 1, false, 1, 1},   {2, 99, false, 1, 1},    {0, 50, true, 0, 0},
  }));
  INFO(row.replicas << " replicas at " << row.weight << "%, surge " << row.surge);
  CHECK(basic_split(row.replicas, row.weight, 100, row.surge) == Split{row.canary, row.stable});
}

TEST_CASE("weights of a large total do not overflow") {
  CHECK(basic_split(100'000, 500'000, 1'000'000, false) == Split{50'000, 50'000});
  CHECK(routed_share(100'000, 999'999, 1'000'000, 0) == 100'000);
  CHECK(routed_share(2'000'000, 500'000, 1'000'000, 0) == 1'000'000);
}

TEST_CASE("surge limits round in favour of moving") {
  crds::CanaryStrategy canary;
  CHECK(surge_limits(canary, 10) == SurgeLimits{3, 2});
  CHECK(surge_limits(canary, 1) == SurgeLimits{1, 0});
  canary.max_surge = crds::IntOrPercent{0, false};
  CHECK(surge_limits(canary, 1) == SurgeLimits{0, 1});
  canary.max_unavailable = crds::IntOrPercent{50, true};
  CHECK(surge_limits(canary, 5) == SurgeLimits{0, 2});
  canary.max_unavailable = crds::IntOrPercent{0, false};
  CHECK(surge_limits(canary, 5) == SurgeLimits{0, 1});
  canary.max_surge = crds::IntOrPercent{4, false};
  CHECK(surge_limits(canary, 5) == SurgeLimits{4, 0});
}

namespace {

const Crew kNone{};

BasicMove move(Split goal, Crew canary, Crew stable, SurgeLimits limits,
               const std::vector<Crew>& old = {}) {
  return next_basic_move(goal, canary, stable, old, 10, limits);
}

}  // namespace

TEST_CASE("a basic canary moves within its surge and its unavailability") {
  const Split half{5, 5};
  SECTION("growth is limited by the surge; stable goes down as far as may be unavailable") {
    CHECK(move(half, kNone, {10, 10}, {3, 0}) == BasicMove{3, 10, {}});
    CHECK(move(half, {3, 3}, {10, 10}, {3, 0}) == BasicMove{3, 7, {}});
    CHECK(move(half, {3, 3}, {7, 7}, {3, 0}) == BasicMove{5, 7, {}});
    CHECK(move(half, kNone, {10, 10}, {0, 5}) == BasicMove{0, 5, {}});
    CHECK(move(half, {5, 5}, {5, 5}, {3, 2}) == BasicMove{5, 5, {}});
  }
  SECTION("a broken stable can be replaced") {
    CHECK(move({10, 0}, {10, 10}, {10, 0}, {10, 0}) == BasicMove{10, 0, {}});
    CHECK(move({10, 0}, {3, 3}, {10, 0}, {3, 0}) == BasicMove{3, 7, {}});
  }
  SECTION("stable grows first when both lack pods") {
    CHECK(move({5, 5}, {0, 0}, {3, 3}, {0, 1}) == BasicMove{5, 5, {}});
    CHECK(next_basic_move({5, 5}, {2, 2}, {3, 3}, {{4, 4}}, 10, {0, 1}) == BasicMove{2, 4, {4}});
  }
  SECTION("old revisions drain before anything else shrinks, dead pods at once") {
    CHECK(move({10, 0}, {10, 10}, {10, 10}, {3, 2}, {{4, 1}}) == BasicMove{10, 10, {0}});
    CHECK(move(half, {5, 5}, {5, 5}, {3, 2}, {{3, 3}, {2, 0}}) == BasicMove{5, 5, {0, 0}});
    CHECK(move(half, {5, 0}, {5, 5}, {3, 2}, {{3, 3}, {2, 0}}) == BasicMove{5, 5, {3, 0}});
  }
  SECTION("an abort shrinks the canary as stable comes back") {
    CHECK(move({0, 10}, {5, 5}, {5, 5}, {3, 2}) == BasicMove{3, 8, {}});
    CHECK(move({0, 10}, {3, 3}, {8, 5}, {3, 2}) == BasicMove{3, 10, {}});
    CHECK(move({0, 10}, {5, 0}, {10, 10}, {3, 2}) == BasicMove{0, 10, {}});
  }
}

TEST_CASE("a routed canary has the pods that its weight needs") {
  CHECK(routed_share(10, 0, 100, 2) == 0);
  CHECK(routed_share(10, 5, 100, 0) == 1);
  CHECK(routed_share(10, 5, 100, 2) == 2);
  CHECK(routed_share(1, 5, 100, 2) == 1);
  CHECK(routed_share(10, 11, 100, 0) == 2);
  CHECK(routed_share(10, 100, 100, 0) == 10);
}

TEST_CASE("a scaled-down stable bears only its share") {
  CHECK(bearable_weight(5, 10, 100) == 50);
  CHECK(bearable_weight(0, 10, 100) == 0);
  CHECK(bearable_weight(12, 10, 100) == 100);
  CHECK(bearable_weight(1, 3, 100) == 33);
}

TEST_CASE("the progress threshold is a percentage or a number of pods") {
  CHECK(progress_threshold(std::nullopt, 7) == 7);
  CHECK(progress_threshold(crds::ReplicaProgressThreshold{true, 90}, 10) == 9);
  CHECK(progress_threshold(crds::ReplicaProgressThreshold{true, 91}, 10) == 10);
  CHECK(progress_threshold(crds::ReplicaProgressThreshold{false, 3}, 10) == 3);
  CHECK(progress_threshold(crds::ReplicaProgressThreshold{false, 30}, 10) == 10);
  CHECK(progress_threshold(crds::ReplicaProgressThreshold{true, 1}, 1) == 1);
  CHECK(progress_threshold(crds::ReplicaProgressThreshold{true, 50}, 0) == 0);
}
