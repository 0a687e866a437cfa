#include "core/structural_schema.h"

#include "crds/schema.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::core {
namespace {

const crds::Schema& pod_schema() {
  static const crds::Schema schema =
      *crds::Schema::compile(structural_schema(find_shape("PodTemplateSpec")));
  return schema;
}

/// What the schema says to a template with one container to which `more` is added.
size_t faults_of(const char* more) {
  Json container = {{"name", "web"}, {"image", "shop:v1"}};
  container.update(Json::parse(more));
  return pod_schema().validate({{"spec", {{"containers", {container}}}}}).size();
}

TEST_CASE("the schema takes nothing that Go cannot decode", "[schema]") {
  for (const char* bad :
       {R"({"command": "./x"})", R"({"env": [{"name": "A", "value": 4}]})",
        R"({"env": {"A": "1"}})", R"({"resources": {"limits": {"memory": "512mb"}}})",
        R"({"resources": {"limits": {"memory": true}}})",
        R"({"resources": {"limits": {"memory": {"a": 1}}}})",
        R"({"resources": {"limits": {"memory": [1]}}})",
        R"({"resources": {"limits": {"memory": []}}})",
        R"({"resources": {"limits": {"memory": {}}}})",
        R"({"ports": [{"containerPort": 2147483648}]})", R"({"ports": [{"containerPort": "80"}]})",
        R"({"readinessProbe": {"httpGet": {"port": 80.5}}})", R"({"stdin": "yes"})",
        R"({"securityContext": {"runAsUser": "root"}})", R"({"ports": [{"name": "http"}]})"}) {
    CAPTURE(bad);
    CHECK(faults_of(bad) > 0);
  }
  for (const char* good :
       {R"({"resources": {"limits": {"memory": "512Mi", "cpu": 0.5, "example.com/gpu": 1}}})",
        R"({"readinessProbe": {"httpGet": {"port": "http"}}})",
        R"({"ports": [{"containerPort": 80, "hostIP": ""}], "args": []})",
        R"({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]})"}) {
    CAPTURE(good);
    CHECK(faults_of(good) == 0);
  }
}

TEST_CASE("fields that are not known yet survive at any depth", "[schema]") {
  const Json pod = Json::parse(R"({"spec": {"newField": {"a": [1]}, "containers": [{"name": "a",
      "newField": 1, "ports": [{"containerPort": 80, "protocol": "TCP", "newField": "x"}],
      "livenessProbe": {"httpGet": {"port": 80, "newField": []}, "newProbe": {"a": null}}}],
      "affinity": {"newAffinity": {}}}})");
  Json pruned = pod;
  CHECK(pod_schema().prune(pruned).empty());
  CHECK(pruned == pod);
}

TEST_CASE("the creationTimestamp that kubectl writes into templates is known", "[schema]") {
  for (const char* text : {R"({"metadata": {"creationTimestamp": null, "labels": {"app": "a"}}})",
                           R"({"metadata": {"creationTimestamp": "2026-01-02T03:04:05Z"}})"}) {
    CAPTURE(text);
    Json pod = Json::parse(text);
    CHECK(pod_schema().prune(pod).empty());
    CHECK(pod_schema().validate(pod).empty());
  }
  CHECK_FALSE(pod_schema().validate({{"metadata", {{"creationTimestamp", 7}}}}).empty());
}

TEST_CASE("what generated CRDs fill in is filled in", "[schema]") {
  Json pod = Json::parse(R"({"spec": {"containers": [{"name": "a",
      "ports": [{"containerPort": 80}], "livenessProbe": {"grpc": {"port": 80}}}]}})");
  pod_schema().apply_defaults(pod);
  CHECK(pod["spec"]["containers"][0] == Json::parse(R"({"name": "a",
      "ports": [{"containerPort": 80, "protocol": "TCP"}],
      "livenessProbe": {"grpc": {"port": 80, "service": ""}}})"));
}

TEST_CASE("clients learn the merge keys", "[schema]") {
  const Json schema = published_schema(find_shape("PodSpec"));
  const Json& containers = schema.at("properties").at("containers");
  CHECK(containers.at("x-kubernetes-patch-merge-key") == "name");
  CHECK(containers.at("items").at("properties").at("ports").at("x-kubernetes-patch-merge-key") ==
        "containerPort");
}

}  // namespace
}  // namespace sluice::core
