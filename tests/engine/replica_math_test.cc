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

TEST_CASE("what a held canary has earned is rounded in favour of the stable revision") {
  struct Row {
    int64_t replicas, weight;
    bool surge;
    Split split;
  };

  const auto row = GENERATE(values<Row>({
      {10, 0, true, {0, 10}},
      {10, 5, true, {1, 10}},
      {10, 24, true, {2, 8}},
      {10, 50, true, {5, 5}},
      {10, 99, true, {10, 1}},
      {10, 100, true, {10, 0}},
      {3, 50, false, {1, 2}},
      {3, 50, true, {2, 2}},
      {3, 25, true, {1, 3}},
      {1, 60, false, {0, 1}},
      {1, 10, true, {1, 1}},
      {0, 50, true, {0, 0}},
  }));
  INFO(row.replicas << " replicas at " << row.weight << "%, surge " << row.surge);
  CHECK(earned_split(row.replicas, row.weight, 100, row.surge) == row.split);
}

TEST_CASE("a held update that is scaled moves no share to its canary") {
  struct Row {
    const char* what;
    int64_t weight, surge;
    Split now;
    int64_t from, to;
    Split held;
  };

  const auto row = GENERATE(values<Row>({
      {"half of two, no surge", 50, 0, {1, 1}, 2, 3, {1, 2}},
      {"half of two, one more may be", 50, 1, {1, 1}, 2, 3, {2, 2}},
      {"a quarter of two is a third", 25, 1, {1, 2}, 2, 3, {1, 3}},
      {"one replica has no half", 50, 0, {1, 1}, 2, 1, {0, 1}},
      {"the only pod of one was the canary's", 60, 0, {1, 0}, 1, 2, {1, 1}},
      {"at least one pod", 10, 1, {1, 10}, 10, 4, {1, 4}},
      {"at least one pod, no surge", 10, 0, {1, 9}, 10, 4, {1, 3}},
      {"not scaled", 10, 1, {3, 8}, 10, 10, {3, 8}},
      {"scaled to none", 50, 1, {2, 2}, 4, 0, {0, 0}},
      {"back from none", 50, 1, {0, 0}, 0, 4, {0, 4}},
      {"none stays none", 50, 1, {0, 4}, 4, 6, {0, 6}},
      {"on the way up", 50, 3, {3, 10}, 10, 20, {6, 17}},
      {"more than the steps ask for now, growing", 10, 3, {5, 5}, 10, 12, {5, 7}},
      {"more than the steps ask for now, shrinking", 10, 2, {5, 5}, 10, 6, {1, 5}},
      {"a first revision", 100, 3, {10, 0}, 10, 12, {12, 0}},
  }));
  INFO(row.what);
  CHECK(held_split({row.now.canary, row.from}, {row.now.stable, row.from}, row.to, row.weight, 100,
                   {row.surge, 1}) == row.held);
}

TEST_CASE("a held update that is scaled keeps its canary within its share, its weight or one pod") {
  const int64_t weight = GENERATE(1, 10, 25, 33, 50, 67, 99);
  const int64_t surge = GENERATE(0, 1, 4);
  for (int64_t from = 1; from <= 12; ++from) {
    const Split start = basic_split(from, weight, 100, surge > 0);
    for (int64_t to = 1; to <= 12; ++to) {
      const Split held =
          held_split({start.canary, from}, {start.stable, from}, to, weight, 100, {surge, 1});
      const int64_t all = held.canary + held.stable;
      INFO(weight << "%, surge " << surge << ": " << from << " to " << to << " gives "
                  << held.canary << " + " << held.stable);
      const bool earned = held.canary <= 1 || held.canary * 100 <= weight * all;
      const bool grown = held.canary * start.stable > start.canary * held.stable;
      CHECK((earned || !grown));
      CHECK(all >= to);
      CHECK(all <= to + std::min<int64_t>(surge, 1));
      if (to > 1 && start.canary > 0) CHECK(held.canary >= 1);
    }
  }
}

TEST_CASE(
    "a canary that follows while the stable revision has done so leaves no more than may surge") {
  CHECK(held_split({1, 2}, {7, 7}, 7, 100, 100, {2, 1}) == Split{2, 7});
  CHECK(held_split({1, 2}, {7, 7}, 7, 100, 100, {0, 1}) == Split{1, 7});
}

TEST_CASE("a held update that is scaled in many small steps ends where one step leads") {
  const SurgeLimits limits{3, 2};
  Split held{5, 5};
  for (int64_t from = 10; from < 30; ++from)
    held = held_split({held.canary, from}, {held.stable, from}, from + 1, 50, 100, limits);
  CHECK(held == Split{15, 15});
  for (int64_t from = 30; from > 4; --from)
    held = held_split({held.canary, from}, {held.stable, from}, from - 1, 50, 100, limits);
  CHECK(held == Split{2, 2});
}

TEST_CASE("weights of a large total do not overflow") {
  CHECK(basic_split(100'000, 500'000, 1'000'000, false) == Split{50'000, 50'000});
  CHECK(routed_share(100'000, 999'999, 1'000'000, 0) == 100'000);
  CHECK(routed_share(2'000'000, 500'000, 1'000'000, 0) == 1'000'000);
}

TEST_CASE("surge limits round in favour of moving") {
  crds::CanaryStrategy canary;
  CHECK(surge_limits(canary.max_surge, canary.max_unavailable, 10) == SurgeLimits{3, 2});
  CHECK(surge_limits(canary.max_surge, canary.max_unavailable, 1) == SurgeLimits{1, 0});
  canary.max_surge = crds::IntOrPercent{0, false};
  CHECK(surge_limits(canary.max_surge, canary.max_unavailable, 1) == SurgeLimits{0, 1});
  canary.max_unavailable = crds::IntOrPercent{50, true};
  CHECK(surge_limits(canary.max_surge, canary.max_unavailable, 5) == SurgeLimits{0, 2});
  canary.max_unavailable = crds::IntOrPercent{0, false};
  CHECK(surge_limits(canary.max_surge, canary.max_unavailable, 5) == SurgeLimits{0, 1});
  canary.max_surge = crds::IntOrPercent{4, false};
  CHECK(surge_limits(canary.max_surge, canary.max_unavailable, 5) == SurgeLimits{4, 0});
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
  SECTION("stable goes for canary pods that serve, not for those that are only asked for") {
    CHECK(move(half, {3, 0}, {10, 10}, {3, 2}) == BasicMove{3, 8, {}});
    CHECK(move(half, {3, 2}, {10, 10}, {3, 2}) == BasicMove{3, 6, {}});
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
