// The seeded simulation. SLUICE_SIM_SEEDS says how many seeds to try, SLUICE_SIM_FIRST from which
// one on, SLUICE_SIM_SEED tries one: a failure prints the seed that repeats it, and what happened.
// The hidden test [trace] prints one hash a seed of all that the controller did, or all of it where
// SLUICE_SIM_SEED is set: a change that leaves behaviour alone leaves these lines alone.

#include "tests/sim/plan_trace.h"
#include "tests/sim/simulation.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

namespace {

constexpr uint32_t kSeeds = 50;
/// So many seeds or more have met bad verdicts and deaths enough to have tried them.
constexpr uint32_t kTellingSeeds = 8;

uint32_t from_environment(const char* name, uint32_t fallback) {
  const char* given = std::getenv(name);
  return given == nullptr ? fallback : static_cast<uint32_t>(std::strtoul(given, nullptr, 10));
}

}  // namespace

TEST_CASE("whatever happens, traffic is safe, and the rollout comes to rest") {
  const uint32_t only = from_environment("SLUICE_SIM_SEED", 0);
  const uint32_t first = only != 0 ? only : from_environment("SLUICE_SIM_FIRST", 1);
  const uint32_t count = only != 0 ? 1 : from_environment("SLUICE_SIM_SEEDS", kSeeds);
  sluice::sim::Tally total;
  for (uint32_t seed = first; seed < first + count; ++seed) {
    sluice::sim::Simulation simulation(seed);
    const bool well = simulation.run();
    INFO(simulation.report());
    CHECK(well);
    total.bad_verdicts += simulation.tally().bad_verdicts;
    total.deaths += simulation.tally().deaths;
  }
  if (count < kTellingSeeds) return;
  CHECK(total.bad_verdicts >= count / 2);
  CHECK(total.deaths >= count);
}

TEST_CASE("the same seed tells the same story") {
  sluice::sim::Simulation first(7);
  sluice::sim::Simulation second(7);
  first.run();
  second.run();
  CHECK(first.report() == second.report());
}

TEST_CASE("what the controller does", "[.trace]") {
  const uint32_t only = from_environment("SLUICE_SIM_SEED", 0);
  const uint32_t first = only != 0 ? only : from_environment("SLUICE_SIM_FIRST", 1);
  const uint32_t count = only != 0 ? 1 : from_environment("SLUICE_SIM_SEEDS", kSeeds);
  for (uint32_t seed = first; seed < first + count; ++seed) {
    sluice::sim::Simulation simulation(seed);
    const sluice::sim::PlanTrace trace(simulation.world());
    simulation.run();
    std::cout << (only != 0 ? trace.text() : std::to_string(seed) + " " + trace.hash() + "\n");
  }
}
