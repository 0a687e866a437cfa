#include "core/pod_check.h"

#include "core/conform.h"
#include "tests/core/pod_templates.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::core {
namespace {

/// All that is said of a template as a ReplicaSet has it.
std::vector<std::string> complaints(const Json& selector, const Json& pod_template) {
  std::vector<std::string> said;
  Json copy = pod_template;
  std::vector<std::string> unknown;
  const Shape& shape = find_shape("PodTemplateSpec");
  if (const auto error = conform(copy, shape, "spec.template", unknown); error)
    said.push_back(*error);
  for (const UnknownField& field : unknown_fields(pod_template, shape, "spec.template"))
    said.push_back(field.path + ": unknown field");
  Faults faults = check_template_selector(selector, "spec.selector", pod_template, "spec.template");
  append(faults, check_pod_template(pod_template, "spec.template", TemplateOwner::ReplicaSet));
  for (const Fault& fault : faults) said.push_back(fault.field + ": " + fault.message);
  return said;
}

TEST_CASE("templates are refused where a real API server refuses them", "[pod]") {
  const auto recorded = recorded_templates(SLUICE_POD_TEMPLATES);
  REQUIRE(recorded.size() == 27);
  for (const RecordedTemplate& row : recorded) {
    INFO(row.label << ": " << row.said);
    const auto said = complaints(row.selector, row.pod_template);
    CAPTURE(said);
    CHECK(said.empty() != row.refused);
  }
}

/// The faults of a spec with one container to which `more` is added.
std::vector<std::string> judge_container(const char* more) {
  Json container = {{"name", "web"}, {"image", "shop:v1"}};
  container.update(Json::parse(more));
  const Json spec = {{"containers", {container}}, {"volumes", {{{"name", "data"}}}}};
  std::vector<std::string> said;
  for (const Fault& fault : check_pod_spec(spec, "spec"))
    said.push_back(fault.field + ": " + fault.message);
  return said;
}

std::vector<std::string> judge_spec(const char* more) {
  Json spec = Json::parse(R"({"containers": [{"name": "web", "image": "shop:v1"}]})");
  spec.update(Json::parse(more));
  std::vector<std::string> said;
  for (const Fault& fault : check_pod_spec(spec, "spec"))
    said.push_back(fault.field + ": " + fault.message);
  return said;
}

struct Case {
  const char* json;
  std::string_view said;
};

TEST_CASE("mistakes in containers are told with their field", "[pod]") {
  const auto row = GENERATE(values<Case>({
      {R"({"image": ""})", "spec.containers[0].image: Required value"},
      {R"({"name": "Web"})",
       "spec.containers[0].name: Invalid value: \"Web\": a lowercase RFC 1123"},
      {R"({"imagePullPolicy": "Sometimes"})",
       "spec.containers[0].imagePullPolicy: Unsupported value: \"Sometimes\": supported values: "
       "\"Always\", \"Never\", \"IfNotPresent\""},
      {R"({"ports": [{"containerPort": 70000}]})",
       "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and "
       "65535, inclusive"},
      {R"({"ports": [{"name": "http"}]})",
       "spec.containers[0].ports[0].containerPort: Required value"},
      {R"({"ports": [{"containerPort": 80, "name": "much-too-long-name"}]})",
       "spec.containers[0].ports[0].name: Invalid value: \"much-too-long-name\": must be no more "
       "than 15 characters"},
      {R"({"ports": [{"containerPort": 80, "name": "80"}]})",
       "spec.containers[0].ports[0].name: Invalid value: \"80\": must contain at least one letter"},
      {R"({"ports": [{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}]})",
       "spec.containers[0].ports[1].name: Duplicate value: \"a\""},
      {R"({"ports": [{"containerPort": 80, "protocol": "tcp"}]})",
       "spec.containers[0].ports[0].protocol: Unsupported value: \"tcp\""},
      {R"({"env": [{"value": "x"}]})", "spec.containers[0].env[0].name: Required value"},
      {R"({"env": [{"name": "A=B"}]})", "spec.containers[0].env[0].name: Invalid value: \"A=B\""},
      {R"({"env": [{"name": "A\nB"}]})",
       "spec.containers[0].env[0].name: Invalid value: \"A\\nB\""},
      {R"({"env": [{"name": "A", "valueFrom": {}}]})",
       "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of"},
      {R"({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}}]})",
       "spec.containers[0].env[0].valueFrom.secretKeyRef.key: Required value"},
      {R"({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"key": "s"}}}]})",
       "spec.containers[0].env[0].valueFrom.secretKeyRef.name: Required value"},
      {R"({"envFrom": [{"prefix": "x"}]})",
       "spec.containers[0].envFrom[0]: Invalid value: \"\": must specify one of"},
      {R"({"volumeMounts": [{"name": "data"}]})",
       "spec.containers[0].volumeMounts[0].mountPath: Required value"},
      {R"({"volumeMounts": [{"name": "other", "mountPath": "/a"}]})",
       "spec.containers[0].volumeMounts[0].name: Not found: \"other\""},
      {R"({"volumeMounts": [{"name": "data", "mountPath": "/a"}, {"name": "data", "mountPath": "/a"}]})",
       "spec.containers[0].volumeMounts[1].mountPath: Duplicate value: \"/a\""},
      {R"({"readinessProbe": {"exec": {"command": ["a"]}, "httpGet": {"port": 80}}})",
       "spec.containers[0].readinessProbe: Forbidden: may not specify more than 1 handler type"},
      {R"({"readinessProbe": {"httpGet": {"path": "/"}}})",
       "spec.containers[0].readinessProbe.httpGet.port: Required value"},
      {R"({"readinessProbe": {"httpGet": {"port": 70000}}})",
       "spec.containers[0].readinessProbe.httpGet.port: Invalid value: 70000"},
      {R"({"readinessProbe": {"httpGet": {"port": 80, "scheme": "http"}}})",
       "spec.containers[0].readinessProbe.httpGet.scheme: Unsupported value: \"http\""},
      {R"({"readinessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": -1}})",
       "spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than "
       "or equal to 0"},
      {R"({"startupProbe": {"tcpSocket": {"port": 80}, "successThreshold": 2}})",
       "spec.containers[0].startupProbe.successThreshold: Invalid value: 2: must be 1"},
      {R"({"lifecycle": {"preStop": {}}})",
       "spec.containers[0].lifecycle.preStop: Required value: must specify a handler type"},
      {R"({"resources": {"limits": {"memory": "512mb"}}})",
       "spec.containers[0].resources.limits.memory: Invalid value: \"512mb\": quantities"},
      {R"({"resources": {"limits": {"mem": "1Gi"}}})",
       "spec.containers[0].resources.limits: Invalid value: \"mem\": must be a standard resource"},
      {R"({"resources": {"limits": {"cpu": "-1"}}})",
       "spec.containers[0].resources.limits[cpu]: Invalid value: \"-1\": must be greater than or"},
      {R"({"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "512Mi"}}})",
       "spec.containers[0].resources.requests: Invalid value: \"1Gi\": must be less than or equal "
       "to memory limit of 512Mi"},
  }));
  CAPTURE(row.json);
  const auto said = judge_container(row.json);
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], Catch::Matchers::StartsWith(std::string(row.said)));
}

TEST_CASE("mistakes in pods are told with their field", "[pod]") {
  const auto row = GENERATE(values<Case>({
      {R"({"containers": []})", "spec.containers: Required value"},
      {R"({"restartPolicy": "always"})", "spec.restartPolicy: Unsupported value: \"always\""},
      {R"({"dnsPolicy": "Custom"})", "spec.dnsPolicy: Unsupported value: \"Custom\""},
      {R"({"serviceAccountName": "My_SA"})", "spec.serviceAccountName: Invalid value: \"My_SA\""},
      {R"({"containers": [{"name": "a", "image": "b"}, {"name": "a", "image": "b"}]})",
       "spec.containers[1].name: Duplicate value: \"a\""},
      {R"({"initContainers": [{"name": "web", "image": "b"}]})",
       "spec.initContainers[0].name: Duplicate value: \"web\""},
      {R"({"initContainers": [{"name": "a", "image": "b", "readinessProbe": {"exec": {"command": ["a"]}}}]})",
       "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers"},
      {R"({"volumes": [{"emptyDir": {}}]})", "spec.volumes[0].name: Required value"},
      {R"({"volumes": [{"name": "a"}, {"name": "a"}]})",
       "spec.volumes[1].name: Duplicate value: \"a\""},
      {R"({"volumes": [{"name": "a", "emptyDir": {}, "secret": {"secretName": "s"}}]})",
       "spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type"},
      {R"({"volumes": [{"name": "a", "persistentVolumeClaim": {}}]})",
       "spec.volumes[0].persistentVolumeClaim.claimName: Required value"},
      {R"({"tolerations": [{"effect": "NoExec", "operator": "Exists"}]})",
       "spec.tolerations[0].effect: Unsupported value: \"NoExec\""},
      {R"({"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]})",
       "spec.tolerations[0].operator: Invalid value: \"b\": value must be empty"},
      {R"({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone"}]})",
       "spec.topologySpreadConstraints[0].whenUnsatisfiable: Required value"},
      {R"({"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 101, "podAffinityTerm": {"topologyKey": "a"}}]}}})",
       "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: "
       "Invalid value: 101: must be between 1 and 100"},
  }));
  CAPTURE(row.json);
  const auto said = judge_spec(row.json);
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], Catch::Matchers::StartsWith(std::string(row.said)));
}

TEST_CASE("what Kubernetes takes is let pass", "[pod]") {
  CHECK(
      judge_container(R"({"image": " shop:v1 ", "env": [{"name": "A"}, {"name": "A", "value": "1"}],
      "ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}],
      "resources": {"requests": {"cpu": 0.5, "example.com/gpu": 1}, "limits": {"cpu": "500m"}}})")
          .empty());
  CHECK(judge_spec(R"({"terminationGracePeriodSeconds": -1, "volumes": [{"name": "a"}],
      "initContainers": [{"name": "log", "image": "a", "restartPolicy": "Always",
                          "startupProbe": {"grpc": {"port": 80}}}]})")
            .empty());
}

TEST_CASE("values of any type are survived", "[pod]") {
  for (const char* text : {"null", "7", "[]", "\"x\"", R"({"containers": {"a": 1}})",
                           R"({"containers": [1, null, [], {"env": {"A": 1}, "ports": [1],
                               "volumeMounts": ["a"], "resources": [], "readinessProbe": 7}],
                               "volumes": [null, "a"], "tolerations": [1]})"}) {
    CAPTURE(text);
    const Json spec = Json::parse(text);
    (void)check_pod_spec(spec, "spec");
    (void)check_pod_template(spec, "spec", TemplateOwner::Job);
    (void)check_template_selector(spec, "spec.selector", spec, "spec.template");
    CHECK(unknown_fields(spec, find_shape("PodSpec"), "spec").empty());
  }
}

}  // namespace
}  // namespace sluice::core
