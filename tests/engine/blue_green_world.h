#pragma once

// What the stories of blue-green updates ask of their world, and give it.

#include "tests/engine/world.h"

#include <string>
#include <string_view>

namespace sluice::engine::test {

crds::RolloutAnalysis smoke_test();

/// Nothing goes on without a person.
crds::BlueGreenStrategy by_hand();

/// The hash that the active, the preview Service selects.
std::string active(const World& world);
std::string preview(const World& world);

/// The analysis run whose name ends so; fails the test where there is none.
AnalysisRun& run_named(World& world, std::string_view end);

}  // namespace sluice::engine::test
