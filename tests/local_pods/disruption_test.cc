// What the status of a PodDisruptionBudget says of its pods.

#include "tests/local_pods/pod_stage.h"

namespace sluice::local {
namespace {

/// "healthy needed allowed expected", and the condition.
std::string counts_of(PodStage& stage) {
  const Json budget = stage.get("PodDisruptionBudget", "shop");
  std::string text;
  for (const char* field :
       {"currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods"})
    text += std::to_string(int_at(budget, std::string("status.") + field)) + " ";
  return text + (holds(budget, "DisruptionAllowed") ? "allowed" : "not allowed");
}

}  // namespace

TEST_CASE("A budget tells how many of its pods are there, are ready, and may go") {
  PodStage stage;
  const Json labels = {{"matchLabels", {{"app", "shop"}}}};
  stage.create("PodDisruptionBudget", {{"apiVersion", "policy/v1"},
                                       {"kind", "PodDisruptionBudget"},
                                       {"metadata", {{"name", "shop"}}},
                                       {"spec", {{"minAvailable", 2}, {"selector", labels}}}});
  CHECK(counts_of(stage) == "0 2 0 0 not allowed");
  stage.create("ReplicaSet", replicaset_of("shop", 3));
  stage.create("ReplicaSet", replicaset_of("other", 2));
  CHECK(counts_of(stage) == "3 2 1 3 allowed");
  const auto version = [&] {
    return string_at(stage.get("PodDisruptionBudget", "shop"), "metadata.resourceVersion");
  };
  const std::string before = version();
  stage.clock.advance(std::chrono::minutes(1));
  CHECK(version() == before);
  stage.patch("PodDisruptionBudget", "shop", {{"spec", {{"minAvailable", 3}}}});
  CHECK(counts_of(stage) == "3 3 0 3 not allowed");
  CHECK(int_at(stage.get("PodDisruptionBudget", "shop"), "status.observedGeneration") == 2);
  stage.patch("ReplicaSet", "shop", {{"spec", {{"replicas", 4}}}});
  CHECK(counts_of(stage) == "4 3 1 4 allowed");
}

}  // namespace sluice::local
