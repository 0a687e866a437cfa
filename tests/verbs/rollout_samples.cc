#include "tests/verbs/rollout_samples.h"

#include "crds/names.h"
#include "crds/rollout_codec.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::verbs::test {
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

Json with_status(Json rollout, const Json& status) {
  rollout["status"].update(status);
  return rollout;
}

Json analysing_rollout() {
  Json made = paused_rollout();
  made["spec"]["strategy"]["canary"]["steps"][2] =
      Json::parse(R"({"analysis": {"templates": [{"templateName": "error-rate"}]}})");
  made["status"].erase("pauseConditions");
  const Json run = {{"name", "shop-three-3-2"}, {"status", "Running"}};
  return with_status(std::move(made), {{"phase", "Progressing"},
                                       {"currentStepIndex", 2},
                                       {"controllerPause", false},
                                       {"canary", {{"currentStepAnalysisRunStatus", run}}}});
}

std::vector<Revision> revisions_of(const Json& document) {
  const auto made = [](int number, const char* hash, bool promoted) {
    const Json set = replica_set(number, hash, 1, promoted);
    return Revision{.name = fmt::format("shop-{}", hash),
                    .hash = hash,
                    .number = number,
                    .promoted = promoted,
                    .pod_template = make_json_text(dump_json(set["spec"]["template"]))};
  };
  std::vector<Revision> revisions = {made(1, "one", true), made(2, "two", true)};
  if (string_at(document, "status.currentPodHash") == "three")
    revisions.push_back(made(3, "three", false));
  return revisions;
}

crds::Rollout decode(const Json& document) {
  auto decoded = crds::decode_rollout(document);
  REQUIRE(decoded.problems.empty());
  return std::move(decoded.value);
}

Json after(Json rollout, const std::vector<Write>& writes) {
  for (const Write& write : writes) rollout = rollout.patch(*parse_json(write.patch));
  return rollout;
}

Ask ann(const std::string& reason) {
  return {.by = {"ann", false}, .at = *parse_time("2026-11-21T12:00:00Z"), .reason = reason};
}

}  // namespace sluice::verbs::test
