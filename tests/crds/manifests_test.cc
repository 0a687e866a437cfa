#include "crds/manifests.h"

#include "base/yaml.h"
#include "core/structural_schema.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>

namespace sluice::crds {
namespace {

/// `kubectl apply` keeps a copy of the object as JSON in an annotation, which ends at 256 KiB.
constexpr size_t kManifestBytesMax = 200'000;

Json definition(std::string_view name) {
  for (const Manifest& manifest : manifests())
    if (manifest.name == name) return parse_manifest(manifest);
  FAIL("no manifest " << name);
  return {};
}

const Json& version(const Json& crd) {
  return crd.at("spec").at("versions").at(0);
}

TEST_CASE("the five kinds are there under their names", "[manifests]") {
  struct Case {
    std::string_view name;
    std::string_view kind;
    std::string_view plural;
    std::string_view short_name;
    std::string_view scope;
  };

  const auto row = GENERATE(values<Case>({
      {"analysis_run", kAnalysisRun, "analysisruns", "ar", "Namespaced"},
      {"analysis_template", kAnalysisTemplate, "analysistemplates", "at", "Namespaced"},
      {"cluster_analysis_template", kClusterAnalysisTemplate, "clusteranalysistemplates", "cat",
       "Cluster"},
      {"experiment", kExperiment, "experiments", "exp", "Namespaced"},
      {"rollout", kRollout, "rollouts", "ro", "Namespaced"},
  }));
  CHECK(manifests().size() == 5);
  const Json crd = definition(row.name);
  const Json& spec = crd.at("spec");
  CHECK(string_at(crd, "apiVersion") == "apiextensions.k8s.io/v1");
  CHECK(string_at(crd, "metadata.name") == std::string(row.plural) + "." + std::string(kGroup));
  CHECK(string_at(spec, "group") == kGroup);
  CHECK(string_at(spec, "scope") == row.scope);
  CHECK(string_at(spec, "names.kind") == row.kind);
  CHECK(string_at(spec, "names.listKind") == std::string(row.kind) + "List");
  CHECK(string_at(spec, "names.plural") == row.plural);
  CHECK(spec.at("names").at("shortNames") == Json::array({row.short_name}));
  CHECK(string_at(version(crd), "name") == kVersion);
  CHECK(find_schema(row.kind) != nullptr);
}

TEST_CASE("manifests stay small enough to apply and to read", "[manifests]") {
  for (const Manifest& manifest : manifests()) {
    CAPTURE(manifest.name);
    CHECK(manifest.yaml.size() < kManifestBytesMax);
    CHECK(dump_json(parse_manifest(manifest)).size() < kManifestBytesMax);
  }
}

TEST_CASE("only the Rollout has subresources", "[manifests]") {
  const Json rollout = definition("rollout");
  CHECK(version(rollout).at("subresources") == Json::parse(R"({"status": {}, "scale": {
      "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.HPAReplicas",
      "labelSelectorPath": ".status.selector"}})"));
  for (const char* name :
       {"analysis_run", "analysis_template", "cluster_analysis_template", "experiment"}) {
    const Json crd = definition(name);
    CHECK(version(crd).at("subresources").empty());
  }
}

/// The part of a manifest's schema below the names of fields, lists passed through.
Json schema_at(std::string_view manifest, const std::vector<std::string>& fields) {
  const Json crd = definition(manifest);
  const Json* schema = &version(crd).at("schema").at("openAPIV3Schema");
  for (const std::string& field : fields) {
    if (schema->contains("items")) schema = &schema->at("items");
    schema = &schema->at("properties").at(field);
  }
  return *schema;
}

TEST_CASE("pod templates and jobs are what the description of core/v1 gives", "[manifests]") {
  struct Case {
    std::string_view manifest;
    std::vector<std::string> fields;
    std::string_view shape;
  };

  const std::vector<std::string> job = {"spec", "metrics", "provider", "job", "spec"};
  for (const Case& row :
       std::vector<Case>{{"rollout", {"spec", "template"}, "PodTemplateSpec"},
                         {"experiment", {"spec", "templates", "template"}, "PodTemplateSpec"},
                         {"analysis_template", job, "JobSpec"},
                         {"cluster_analysis_template", job, "JobSpec"},
                         {"analysis_run", job, "JobSpec"}}) {
    CAPTURE(row.manifest);
    Json schema = schema_at(row.manifest, row.fields);
    schema.erase("description");
    INFO("run tools/crd-schemas");
    CHECK(schema == core::structural_schema(core::find_shape(row.shape)));
  }
}

TEST_CASE("columns of priority 0 are those that people know", "[manifests]") {
  const auto columns = [](std::string_view name) {
    const Json crd = definition(name);
    std::vector<std::string> names;
    for (const Json& column : version(crd).at("additionalPrinterColumns"))
      if (int_at(column, "priority") == 0) names.push_back(column.at("name").get<std::string>());
    return names;
  };
  using Names = std::vector<std::string>;
  CHECK(columns("rollout") == Names{"Desired", "Current", "Up-to-date", "Available", "Age"});
  CHECK(columns("analysis_run") == Names{"Status", "Age"});
  CHECK(columns("experiment") == Names{"Status", "Age"});
  CHECK(columns("analysis_template") == Names{"Age"});
  CHECK(columns("cluster_analysis_template") == Names{"Age"});
}

TEST_CASE("templates and runs describe metrics and arguments alike", "[manifests]") {
  const auto property = [](std::string_view name, std::string_view key) {
    const Json crd = definition(name);
    return version(crd)
        .at("schema")
        .at("openAPIV3Schema")
        .at("properties")
        .at("spec")
        .at("properties")
        .at(std::string(key));
  };
  for (const char* key : {"metrics", "args", "dryRun", "measurementRetention"}) {
    CAPTURE(key);
    const Json expected = property("analysis_template", key);
    CHECK(property("cluster_analysis_template", key) == expected);
    CHECK(property("analysis_run", key) == expected);
  }
}

TEST_CASE("CEL guards the selector only", "[manifests]") {
  CHECK(find_schema(kRollout)->has_rules());
  CHECK_FALSE(find_schema(kAnalysisRun)->has_rules());
  CHECK(find_schema("Deployment") == nullptr);
}

/// What the API server says to a Rollout with this strategy: unknown fields, then errors.
std::vector<std::string> judge(const Json& strategy) {
  Json rollout = Json::parse(R"({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
    "metadata": {"name": "shop"},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "shop"}},
      "template": {"metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "shop", "image": "shop:v1", "ports": [{"containerPort": 80}]}]}}}})");
  rollout["spec"]["strategy"] = strategy;
  const Schema& schema = *find_schema(kRollout);
  schema.apply_defaults(rollout);
  std::vector<std::string> sentences;
  for (const std::string& field : schema.prune(rollout)) sentences.push_back("unknown " + field);
  for (const FieldError& error : schema.validate(rollout)) sentences.push_back(error.sentence());
  return sentences;
}

struct StrategyCase {
  std::string_view strategy;
  std::vector<std::string> sentences;
};

TEST_CASE("the API server refuses what no Rollout can be", "[manifests]") {
  const auto row = GENERATE(values<StrategyCase>({
      {R"({"canary": {"steps": [{"setWeight": 10}, {"setWeight": 101}]}})",
       {R"(<nil>: Invalid value: "": "spec.strategy.canary" must validate at least one schema (anyOf))",
        "spec.strategy.canary.steps[1].setWeight: Invalid value: 101: "
        "spec.strategy.canary.steps[1].setWeight in body should be less than or equal to 100"}},
      {R"({"canary": {"steps": [{"setWeight": 101}], "canaryService": "a", "stableService": "b",
           "trafficRouting": {"managedRoutes": [{"name": "x"}], "gatewayAPI": {"httpRoute": "a"}}}})",
       {R"(<nil>: Invalid value: "": "spec.strategy.canary" must validate at least one schema (anyOf))",
        "spec.strategy.canary.steps[0].setWeight: Invalid value: 101: "
        "spec.strategy.canary.steps[0].setWeight in body should be less than or equal to 100"}},
      {R"({"canary": {"steps": [{"setWeight": -1}]}})",
       {"spec.strategy.canary.steps[0].setWeight: Invalid value: -1: "
        "spec.strategy.canary.steps[0].setWeight in body should be greater than or equal to 0"}},
      {R"({"canary": {"steps": [{"setWeight": "10"}]}})",
       {R"(spec.strategy.canary.steps[0].setWeight: Invalid value: "string": )"
        R"(spec.strategy.canary.steps[0].setWeight in body must be of type integer: "string")"}},
      {R"({"canary": {"steps": [{"setWeight": 10, "pause": {}}]}})",
       {R"(<nil>: Invalid value: "": "spec.strategy.canary.steps[0]" must validate at least one schema (anyOf))",
        "spec.strategy.canary.steps[0]: Too many: 2: must have at most 1 items"}},
      {R"({"canary": {"steps": [{}]}})",
       {"spec.strategy.canary.steps[0]: Invalid value: 0: "
        "spec.strategy.canary.steps[0] in body should have at least 1 properties"}},
      {R"({"canary": {}, "blueGreen": {"activeService": "a"}})",
       {"spec.strategy: Too many: 2: must have at most 1 items"}},
      {R"({})",
       {"spec.strategy: Invalid value: 0: spec.strategy in body should have at least 1 "
        "properties"}},
      {R"({"blueGreen": {}})", {"spec.strategy.blueGreen.activeService: Required value"}},
      {R"({"canary": {"stps": []}})", {"unknown spec.strategy.canary.stps"}},
      {R"({"canary": {"maxSurge": "x%"}})",
       {R"(spec.strategy.canary.maxSurge: Invalid value: "x%": )"
        R"(spec.strategy.canary.maxSurge in body should match '^[0-9]+%?$')"}},
  }));
  CAPTURE(row.strategy);
  CHECK(judge(Json::parse(row.strategy)) == row.sentences);
}

TEST_CASE("nothing of the status that is written is dropped", "[manifests]") {
  RolloutStatus status;
  const SystemTime then = *parse_time("2026-01-02T03:04:05Z");
  status.abort = status.controller_pause = status.promote_full = true;
  status.aborted_at = then;
  status.pause_conditions = {{"CanaryPauseStep", then}};
  status.current_pod_hash = status.stable_rs = "abc";
  status.current_step_hash = status.observed_generation = status.selector = "1";
  status.current_step_index = status.collision_count = 1;
  status.replicas = status.updated_replicas = status.ready_replicas = 1;
  status.available_replicas = status.hpa_replicas = status.most_available_replicas = 1;
  status.conditions = {{"Progressing", true, "NewReplicaSetAvailable", "well", then, then}};
  status.canary.current_step_analysis_run = RunStatusRef{"one", AnalysisPhase::Running, "well"};
  status.canary.current_background_analysis_run =
      RunStatusRef{"two", AnalysisPhase::Running, "well"};
  status.canary.weights =
      TrafficWeights{{10, "shop-canary", "abc"}, {90, "shop-stable", "def"}, true};
  status.waiting_for = {{"ImageNotPulled", "well", {"ReplicaSet", "shop-a"}, "0", "1", then, then}};
  status.phase = RolloutPhase::Progressing;
  status.message = "well";
  Json object = {{"status", encode_rollout_status(status)}};
  CHECK(find_schema(kRollout)->prune(object).empty());
}

TEST_CASE("pauses take seconds and Go durations", "[manifests]") {
  const auto pause = [](const Json& duration) {
    return judge({{"canary", {{"steps", {{{"pause", {{"duration", duration}}}}}}}}});
  };
  for (const Json& good :
       Json::parse(R"([30, 0, "30", "1h30m", "+1.5h", ".5s", "10µs", "10μs", "2m3.5s"])")) {
    CAPTURE(good);
    CHECK(pause(good).empty());
  }
  for (const Json& bad :
       Json::parse(R"([-5, true, 1.5, "", "-5m", "5 minutes", "1h30", "m", "5d", "."])")) {
    CAPTURE(bad);
    const auto sentences = pause(bad);
    REQUIRE(sentences.size() == 1);
    CHECK_THAT(sentences[0],
               Catch::Matchers::StartsWith("spec.strategy.canary.steps[0].pause.duration: "));
  }
}

TEST_CASE("what Argo runs is taken", "[manifests]") {
  const auto strategy = GENERATE(values<std::string_view>({
      R"({"canary": {}})",
      R"({"canary": {"maxSurge": "25%", "maxUnavailable": 0, "steps": [{"setWeight": 0}, {"pause": {}}, {"setWeight": 100}]}})",
      R"({"canary": {"steps": [{"setWeight": 500}], "trafficRouting": {"maxTrafficWeight": 1000, "nginx": {"stableIngress": "a"}}}})",
      R"({"canary": {"steps": [{"setCanaryScale": {"replicas": 1}, "pause": {"duration": 15},
          "setHeaderRoute": {"name": "x", "match": [{"headerName": "a", "headerValue": {"exact": "b"}}]}}]}})",
      R"({"canary": {"steps": [{"plugin": {"name": "x", "config": {"any": [{"thing": 1}]}}},
          {"analysis": {"templates": [{"templateName": "a"}], "args": [{"name": "x", "valueFrom": {"podTemplateHashValue": "Latest"}}]}}]}})",
      R"({"canary": {"canaryService": "a", "stableService": "b",
          "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "shop", "namespace": "default"}}}}})",
      R"({"canary": {"canaryService": "a", "stableService": "b", "trafficRouting": {"gatewayAPI": {
          "httpRoutes": [{"name": "shop", "useHeaderRoutes": true}], "httpRouteSelector": {"matchLabels": {"a": "b"}}}}}})",
      R"({"blueGreen": {"activeService": "a", "previewService": "b", "autoPromotionEnabled": false}})",
  }));
  CAPTURE(strategy);
  CHECK(judge(Json::parse(strategy)).empty());
}

TEST_CASE("a Rollout without a size is given one, for autoscalers", "[manifests]") {
  const Schema& schema = *find_schema(kRollout);
  Json absent = {{"spec", Json::object()}};
  schema.apply_defaults(absent);
  CHECK(absent["spec"]["replicas"] == 1);
  Json scaled_to_zero = {{"spec", {{"replicas", 0}}}};
  schema.apply_defaults(scaled_to_zero);
  CHECK(scaled_to_zero["spec"]["replicas"] == 0);
}

TEST_CASE("pod templates pass through as they are", "[manifests]") {
  const Json pod = Json::parse(R"({"containers": [{"name": "a", "futureField": {"x": [1, null]},
        "ports": [{"containerPort": 80, "protocol": "TCP", "futureField": 1}]}],
      "futureList": [{"a": 1}], "terminationGracePeriodSeconds": 5})");
  Json rollout = {{"apiVersion", kApiVersion},
                  {"kind", kRollout},
                  {"metadata", {{"name", "shop"}}},
                  {"spec",
                   {{"selector", {{"matchLabels", {{"app", "a"}}}}},
                    {"template", {{"metadata", {{"labels", {{"app", "a"}}}}}, {"spec", pod}}},
                    {"strategy", {{"canary", Json::object()}}}}}};
  const Schema& schema = *find_schema(kRollout);
  CHECK(schema.prune(rollout).empty());
  CHECK(schema.validate(rollout).empty());
  CHECK(rollout["spec"]["template"]["spec"] == pod);
}

TEST_CASE("what a typed client could not read is refused", "[manifests]") {
  for (const char* container : {R"({"name": "a", "resources": {"limits": {"memory": "512mb"}}})",
                                R"({"name": "a", "env": [{"name": "A", "value": 4}]})",
                                R"({"name": "a", "command": "./x"})", R"({"image": "a"})"}) {
    CAPTURE(container);
    const Json pod = {{"containers", {Json::parse(container)}}};
    const Json rollout = {{"spec",
                           {{"selector", {{"matchLabels", {{"app", "a"}}}}},
                            {"template", {{"spec", pod}}},
                            {"strategy", {{"canary", Json::object()}}}}}};
    CHECK(find_schema(kRollout)->validate(rollout).size() == 1);
  }
}

TEST_CASE("metrics take arguments for numbers and durations", "[manifests]") {
  const auto judge_metric = [](const Json& more) {
    Json metric = {{"name", "m"}, {"provider", {{"prometheus", {{"query", "up"}}}}}};
    metric.update(more);
    const Json object = {{"apiVersion", kApiVersion},
                         {"kind", kAnalysisTemplate},
                         {"metadata", {{"name", "t"}}},
                         {"spec", {{"metrics", {metric}}}}};
    return find_schema(kAnalysisTemplate)->validate(object).size();
  };
  CHECK(judge_metric({{"interval", "{{args.interval}}"}, {"count", "{{args.count}}"}}) == 0);
  CHECK(judge_metric({{"interval", "30s"}, {"count", 5}, {"failureLimit", "-1"}}) == 0);
  CHECK(judge_metric({{"interval", "30 seconds"}}) == 1);
  CHECK(judge_metric({{"count", "five"}}) == 1);
  CHECK(judge_metric(
            {{"provider", {{"web", {{"url", "x"}}}, {"prometheus", {{"query", "up"}}}}}}) == 1);
}

}  // namespace
}  // namespace sluice::crds
