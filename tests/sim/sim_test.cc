// The seeded simulation. SLUICE_SIM_SEEDS says how many seeds to try, SLUICE_SIM_FIRST from which
// one on, SLUICE_SIM_SEED tries one and tells its story: what failed is repeated so. `make sim`
// runs many. SLUICE_SIM_CELLS names a file for how often each cell (cells.h) was reached. The
// hidden test [trace] prints one hash a seed of all that the controller did, or all of it where
// SLUICE_SIM_SEED is set: a change that leaves behaviour alone leaves these lines alone.

#include "tests/sim/plan_trace.h"
#include "tests/sim/simulation.h"
#include "tests/sim/take_over.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

namespace {

constexpr uint32_t kSeeds = 50;
/// So many seeds or more have met bad verdicts, deaths and promotions enough to have tried them.
constexpr uint32_t kTellingSeeds = 250;
/// There are few moments to begin from: of so many seeds one does.
constexpr uint32_t kSeedsATakeOver = 5;
/// The least share of all seconds, in percent, of which every rule must be in force.
constexpr int64_t kWatchedShare = 80;

uint32_t from_environment(const char* name, uint32_t fallback) {
  const char* given = std::getenv(name);
  return given == nullptr ? fallback : static_cast<uint32_t>(std::strtoul(given, nullptr, 10));
}

struct Seeds {
  bool only = from_environment("SLUICE_SIM_SEED", 0) != 0;
  uint32_t first =
      only ? from_environment("SLUICE_SIM_SEED", 0) : from_environment("SLUICE_SIM_FIRST", 1);
  uint32_t count = only ? 1 : from_environment("SLUICE_SIM_SEEDS", kSeeds);
};

}  // namespace

TEST_CASE("whatever happens, traffic is safe, and the rollout comes to rest") {
  const Seeds seeds;
  sluice::sim::Tally total;
  for (uint32_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    sluice::sim::Simulation simulation(seed);
    if (seeds.only) simulation.tell_writes();
    const bool well = simulation.run();
    if (!well) std::cout << fmt::format("SLUICE_SIM_SEED={}: {}\n", seed, simulation.wrong());
    if (seeds.only) std::cout << simulation.report();
    CHECK(well);
    total += simulation.tally();
  }
  std::cout << fmt::format(
      "{} seeds from {} on: {} s simulated, {} of them watched by every rule; {} bad verdicts, "
      "{} deaths, {} promotions, {} terms\n",
      seeds.count, seeds.first, total.seconds, total.watched_seconds, total.bad_verdicts,
      total.deaths, total.promotions, total.terms);
  if (const char* file = std::getenv("SLUICE_SIM_CELLS")) std::ofstream(file) << total.cells.text();
  if (seeds.count < kTellingSeeds) return;
  CHECK(total.watched_seconds * 100 > total.seconds * kWatchedShare);
  CHECK(total.bad_verdicts >= seeds.count / 2);
  CHECK(total.deaths >= seeds.count / 2);
  CHECK(total.promotions >= seeds.count / 2);
  CHECK(total.terms >= seeds.count / 4);
}

TEST_CASE("whoever takes over from another engine makes nothing anew, and goes on") {
  const Seeds seeds;
  for (uint32_t seed = seeds.first; seed < seeds.first + seeds.count; seed += kSeedsATakeOver) {
    sluice::sim::TakeOver take_over(seed);
    const bool well = take_over.run();
    if (!well || seeds.only) std::cout << fmt::format("seed {}: {}", seed, take_over.report());
    CHECK(well);
  }
}

TEST_CASE("the same seed tells the same story") {
  sluice::sim::Simulation first(7);
  sluice::sim::Simulation second(7);
  first.run();
  second.run();
  CHECK(first.report() == second.report());
}

TEST_CASE("what the controller does", "[.trace]") {
  const Seeds seeds;
  for (uint32_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    sluice::sim::Simulation simulation(seed);
    const sluice::sim::PlanTrace trace(simulation.world());
    simulation.run();
    std::cout << (seeds.only ? trace.text() : std::to_string(seed) + " " + trace.hash() + "\n");
  }
}
