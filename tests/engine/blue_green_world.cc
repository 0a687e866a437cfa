#include "tests/engine/blue_green_world.h"

#include <catch2/catch.hpp>

namespace sluice::engine::test {

crds::RolloutAnalysis smoke_test() {
  crds::RolloutAnalysis analysis;
  analysis.templates.push_back({"smoke", false});
  return analysis;
}

/// Nothing goes on without a person.
crds::BlueGreenStrategy by_hand() {
  return {.auto_promotion_enabled = false};
}

std::string active(const World& world) {
  return world.snapshot.services.at("shop-active").selector_hash;
}

std::string preview(const World& world) {
  return world.snapshot.services.at("shop-preview").selector_hash;
}

AnalysisRun& run_named(World& world, std::string_view end) {
  for (AnalysisRun& run : world.snapshot.analysis_runs)
    if (run.name.ends_with(end)) return run;
  FAIL("no run is named …" << end);
  return world.snapshot.analysis_runs.front();
}

}  // namespace sluice::engine::test
