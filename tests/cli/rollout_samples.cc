#include "tests/cli/rollout_samples.h"

#include "crds/names.h"
#include "crds/rollout_codec.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::cli::test {
namespace {

Json pod_template(int revision) {
  const std::string image = fmt::format("shop:v{}", revision);
  return {{"metadata", {{"labels", {{"app", "shop"}}}}},
          {"spec", {{"containers", Json::array({{{"name", "shop"}, {"image", image}}})}}}};
}

Json rollout(int revision) {
  Json made = Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
    "metadata": {"name": "shop", "namespace": "default", "uid": "rollout-uid", "generation": 4,
                 "resourceVersion": "40", "creationTimestamp": "2026-11-21T10:00:00Z"},
    "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "shop"}},
             "strategy": {"canary": {"steps": [
               {"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {"duration": 5}}]}}},
    "status": {"observedGeneration": "4", "replicas": 4, "updatedReplicas": 4, "readyReplicas": 4,
               "availableReplicas": 4}})");
  made["spec"]["template"] = pod_template(revision);
  made["metadata"]["annotations"][std::string(crds::kRevisionAnnotation)] =
      std::to_string(revision);
  return made;
}

}  // namespace

Json healthy_rollout() {
  Json made = rollout(2);
  made["status"].update({{"phase", "Healthy"},
                         {"stableRS", "two"},
                         {"currentPodHash", "two"},
                         {"currentStepIndex", 4}});
  return made;
}

Json paused_rollout() {
  Json made = rollout(3);
  const Json pause = {{"reason", "CanaryPauseStep"}, {"startTime", "2026-11-21T11:59:00Z"}};
  made["status"].update({{"phase", "Paused"},
                         {"message", "CanaryPauseStep"},
                         {"stableRS", "two"},
                         {"currentPodHash", "three"},
                         {"currentStepIndex", 1},
                         {"controllerPause", true},
                         {"pauseConditions", Json::array({pause})},
                         {"updatedReplicas", 1}});
  return made;
}

Json replica_set(int revision, const std::string& hash, int replicas, bool promoted) {
  Json made = {{"apiVersion", "apps/v1"},
               {"kind", "ReplicaSet"},
               {"metadata",
                {{"name", "shop-" + hash},
                 {"namespace", "default"},
                 {"uid", "uid-" + hash},
                 {"creationTimestamp", fmt::format("2026-11-21T1{}:00:00Z", revision - 1)},
                 {"labels", {{"app", "shop"}, {crds::kPodTemplateHashLabel, hash}}},
                 {"annotations", {{crds::kRevisionAnnotation, std::to_string(revision)}}},
                 {"ownerReferences", Json::array({{{"apiVersion", "argoproj.io/v1alpha1"},
                                                   {"kind", "Rollout"},
                                                   {"name", "shop"},
                                                   {"uid", "rollout-uid"},
                                                   {"controller", true}}})}}},
               {"spec", {{"replicas", replicas}, {"template", pod_template(revision)}}},
               {"status", {{"replicas", replicas}, {"availableReplicas", replicas}}}};
  made["spec"]["template"]["metadata"]["labels"][std::string(crds::kPodTemplateHashLabel)] = hash;
  if (promoted) {
    made["metadata"]["annotations"][std::string(crds::kPromotedAtAnnotation)] =
        fmt::format("2026-11-21T1{}:05:00Z", revision - 1);
  }
  return made;
}

crds::Rollout decode(const Json& document) {
  auto decoded = crds::decode_rollout(document);
  REQUIRE(decoded.problems.empty());
  return std::move(decoded.value);
}

Json after(Json rollout, const std::vector<RolloutWrite>& writes) {
  for (const RolloutWrite& write : writes) {
    const Json body = *parse_json(write.body);
    if (write.type == kube::PatchType::Json)
      rollout = rollout.patch(body);
    else
      apply_merge_patch(rollout, body);
  }
  return rollout;
}

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
