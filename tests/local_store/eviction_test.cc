// Evictions and disruption budgets of the embedded cluster.

#include "local/store/eviction.h"

#include "tests/local_store/registry_fixture.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::local;

namespace {

void run_pod(RegistryFixture& world, const std::string& name, const char* ready) {
  world.create("pods", {{"metadata", {{"name", name}, {"labels", {{"app", "shop"}}}}},
                        {"spec", {{"containers", {{{"name", "shop"}, {"image", "shop:v1"}}}}}}});
  const Json condition = {{"type", "Ready"}, {"status", ready}};
  world.patch("pods", name, {{"status", {{"conditions", Json::array({condition})}}}},
              Subresource::Status);
}

void keep(RegistryFixture& world, const Json& budget) {
  Json spec = budget;
  spec["selector"] = {{"matchLabels", {{"app", "shop"}}}};
  world.create("poddisruptionbudgets.policy", {{"metadata", {{"name", "shop"}}}, {"spec", spec}});
}

/// 0 where the pod goes.
int refusal(RegistryFixture& world, const std::string& pod) {
  const auto evicted = evict(*world.registry, {"default", pod}, {});
  return evicted ? 0 : evicted.error().code;
}

}  // namespace

TEST_CASE("a pod without a budget goes", "[registry]") {
  RegistryFixture world;
  run_pod(world, "a", "True");
  CHECK(refusal(world, "a") == 0);
  CHECK(refusal(world, "a") == 404);
}

TEST_CASE("a budget keeps so many pods healthy as it says", "[registry]") {
  struct Row {
    Json budget;
    int goes;  ///< Of four pods.
  };

  const auto row = GENERATE(values<Row>({
      {{{"minAvailable", 3}}, 1},
      {{{"minAvailable", "50%"}}, 2},
      {{{"minAvailable", "51%"}}, 1},
      {{{"maxUnavailable", 0}}, 0},
      {{{"maxUnavailable", "100%"}}, 4},
  }));
  CAPTURE(row.budget.dump());
  RegistryFixture world;
  for (const char* name : {"a", "b", "c", "d"}) run_pod(world, name, "True");
  keep(world, row.budget);
  // The number of pods falls with those that go: a controller would make others.
  int gone = 0;
  for (const char* name : {"a", "b", "c", "d"}) {
    const int code = refusal(world, name);
    if (code != 0) {
      CHECK(code == 429);
      break;
    }
    ++gone;
    run_pod(world, std::string(name) + "-next", "False");
  }
  CHECK(gone == row.goes);
}

TEST_CASE("a pod that is not ready is kept only where too few are left", "[registry]") {
  RegistryFixture world;
  for (const char* name : {"a", "b"}) run_pod(world, name, "True");
  run_pod(world, "broken", "False");
  keep(world, {{"minAvailable", 2}});
  CHECK(refusal(world, "a") == 429);
  CHECK(refusal(world, "broken") == 0);
}
