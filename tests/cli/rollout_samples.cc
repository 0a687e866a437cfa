#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::cli::test {

kube::Object object(const Json& document) {
  auto made = kube::make_object(document);
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  return *std::move(made);
}

RolloutObjects objects_of(const Json& document) {
  RolloutObjects objects;
  objects.rollout = object(document);
  objects.replica_sets = {object(replica_set(1, "one", 0, true)),
                          object(replica_set(2, "two", 4, true))};
  if (string_at(document, "status.currentPodHash") == "three")
    objects.replica_sets.push_back(object(replica_set(3, "three", 1, false)));
  return objects;
}

}  // namespace sluice::cli::test
