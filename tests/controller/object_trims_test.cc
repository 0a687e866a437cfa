#include "controller/object_trims.h"

#include "engine/snapshot.h"
#include "kube/field_managers.h"
#include "kube/object.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::controller {
namespace {

Json managed_by(const char* manager, const char* subresource) {
  return {{"manager", manager},
          {"time", "2026-11-21T10:00:05Z"},
          {"subresource", subresource},
          {"fieldsV1", {{"f:spec", Json::object()}}}};
}

Json replica_set() {
  return Json::parse(R"({
    "apiVersion": "apps/v1", "kind": "ReplicaSet",
    "metadata": {"name": "shop-7d9f", "namespace": "web", "uid": "u1", "resourceVersion": "4",
                 "labels": {"app": "shop"},
                 "annotations": {"rollout.argoproj.io/revision": "2"}},
    "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "shop"}}, "minReadySeconds": 5,
             "template": {"metadata": {"labels": {"app": "shop", "role": "canary"}},
                          "spec": {"affinity": {"podAntiAffinity": {}}, "dnsPolicy": "ClusterFirst",
                                   "containers": [{"name": "shop", "image": "shop:v1"}]}}},
    "status": {"replicas": 3, "readyReplicas": 2, "availableReplicas": 1, "observedGeneration": 7,
               "conditions": [{"type": "Other", "status": "True"},
                              {"type": "ReplicaFailure", "status": "True", "message": "quota"}]}})");
}

}  // namespace

TEST_CASE("of a ReplicaSet stay sizes, status and what lies over its template", "[trims]") {
  Json trimmed = replica_set();
  trim_replica_set(trimmed);
  CHECK(trimmed["metadata"] == replica_set()["metadata"]);
  CHECK(trimmed["status"] ==
        Json::parse(R"({"replicas": 3, "readyReplicas": 2, "availableReplicas": 1,
          "conditions": [{"type": "ReplicaFailure", "status": "True", "message": "quota"}]})"));
  CHECK(trimmed["spec"]["replicas"] == 3);
  CHECK(trimmed["spec"]["template"] ==
        Json::parse(R"({"metadata": {"labels": {"app": "shop", "role": "canary"}},
                        "spec": {"affinity": {"podAntiAffinity": {}}}})"));
  CHECK_FALSE(trimmed["spec"].contains("selector"));
}

TEST_CASE("a trimmed ReplicaSet tells which template it was made from", "[trims]") {
  const auto digest = [](Json made) {
    trim_replica_set(made);
    return string_at(made, "spec.templateDigest");
  };
  const std::string first = digest(replica_set());
  CHECK(first.size() == 32);
  Json defaulted = replica_set();
  defaulted["spec"]["template"]["spec"]["restartPolicy"] = "Always";
  CHECK(digest(defaulted) == first);
  Json other = replica_set();
  other["spec"]["template"]["spec"]["containers"][0]["image"] = "shop:v2";
  CHECK(digest(other) != first);
}

TEST_CASE("who wrote last is all that stays of managedFields", "[trims]") {
  Json rollout = {
      {"apiVersion", "argoproj.io/v1alpha1"},
      {"kind", "Rollout"},
      {"metadata",
       {{"name", "shop"},
        {"annotations",
         {{"team", "a"}, {"kubectl.kubernetes.io/last-applied-configuration", "{}"}}},
        {"managedFields", Json::array({managed_by("argocd", ""), managed_by("rival", "status"),
                                       managed_by("sluice", "status")})}}},
      {"spec", {{"replicas", 1}}},
      {"status", {{"phase", "Healthy"}}}};
  const auto object = kube::make_object(rollout, trim_rollout);
  REQUIRE(object);
  CHECK(kube::last_writer(*object, "") == "argocd");
  CHECK(kube::last_writer(*object, "status") == "rival");
  CHECK(object->json->find("fieldsV1") == std::string::npos);
  CHECK(object->meta.annotations == StringMap{{"team", "a"}});
  CHECK((*object->parse())["spec"] == rollout["spec"]);
  CHECK((*object->parse())["status"] == rollout["status"]);
}

TEST_CASE("what is no object of its kind is trimmed without harm", "[trims]") {
  for (
      const char* text :
      {"{}", R"({"metadata":1,"spec":2,"status":3})",
       R"({"metadata":{"annotations":[],"managedFields":4}})",
       R"({"metadata":{"managedFields":[1]},"spec":{"template":[]},"status":{"conditions":{}}})"}) {
    for (const kube::Trim trim : {trim_object, trim_rollout, trim_replica_set, trim_service}) {
      Json document = Json::parse(text);
      trim(document);
      CHECK(document.is_object());
    }
  }
}

}  // namespace sluice::controller
