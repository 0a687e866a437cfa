#include "crds/rollout_codec.h"

#include "crds/routes.h"
#include "crds/validation.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::crds {
namespace {

using namespace std::chrono_literals;

Json shop_rollout() {
  return Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
    "metadata": {"name": "shop", "namespace": "default", "generation": 2},
    "spec": {
      "replicas": 4,
      "selector": {"matchLabels": {"app": "shop"}},
      "template": {"metadata": {"labels": {"app": "shop"}},
                   "spec": {"containers": [{"name": "shop", "image": "shop:v1"}]}},
      "strategy": {"canary": {
        "canaryService": "shop-canary", "stableService": "shop-stable",
        "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "shop"}}},
        "steps": [{"setWeight": 10}, {"pause": {"duration": "30s"}}, {"pause": {}},
                  {"analysis": {"templates": [{"templateName": "rate"}],
                                "args": [{"name": "hash",
                                          "valueFrom": {"podTemplateHashValue": "Latest"}}]}}]}}},
    "status": {"abort": true, "currentStepIndex": 1, "stableRS": "abc", "observedGeneration": "2",
               "pauseConditions": [{"reason": "CanaryPauseStep",
                                    "startTime": "2026-01-02T03:04:05Z"}],
               "waitingFor": [{"reason": "ImageNotPulled", "message": "no such tag",
                               "object": {"kind": "ReplicaSet", "name": "shop-6d"},
                               "observed": "0 available", "wanted": "1 available",
                               "since": "2026-01-02T03:04:05Z",
                               "nextLook": "2026-01-02T03:14:05Z"}],
               "canary": {"weights": {"canary": {"weight": 10, "serviceName": "shop-canary"},
                                      "stable": {"weight": 90}, "verified": true}},
               "alb": {"kept": true}}})");
}

TEST_CASE("a rollout is read into typed values", "[codec]") {
  const auto decoded = decode_rollout(shop_rollout());
  REQUIRE(decoded.ok());
  const Rollout& rollout = decoded.value;
  CHECK(rollout.meta.name == "shop");
  CHECK(rollout.spec.replicas == 4);
  REQUIRE(rollout.spec.canary());
  const auto& canary = *rollout.spec.canary();
  REQUIRE(canary.steps.size() == 4);
  CHECK(std::get<SetWeightStep>(canary.steps[0]).weight == 10);
  CHECK(std::get<PauseStep>(canary.steps[1]).duration == Duration{30s});
  CHECK_FALSE(std::get<PauseStep>(canary.steps[2]).duration);
  const auto& analysis = std::get<AnalysisStep>(canary.steps[3]).analysis;
  CHECK(analysis.templates.at(0).template_name == "rate");
  CHECK(analysis.args.at(0).value_from->pod_template_hash == "Latest");
  REQUIRE(canary.traffic_routing);
  CHECK(canary.traffic_routing->routers.at(0).kind == "argoproj-labs/gatewayAPI");
  CHECK(canary.traffic_routing->routers.at(0).plugin);
  CHECK(rollout.status.abort);
  CHECK(rollout.status.canary.weights->canary.weight == 10);
  CHECK(validate_rollout(rollout).empty());
}

TEST_CASE("what is waited for is read and written as it is", "[codec]") {
  const Json document = shop_rollout();
  const RolloutStatus status = decode_rollout(document).value.status;
  REQUIRE(status.waiting_for.size() == 1);
  CHECK(status.waiting_for[0].object == ObjectName{"ReplicaSet", "shop-6d"});
  CHECK(status.waiting_for[0].next_look == *parse_time("2026-01-02T03:14:05Z"));
  CHECK(encode_rollout_status(status)["waitingFor"] == document["status"]["waitingFor"]);
}

TEST_CASE("a status patch touches only what changed", "[codec]") {
  const auto before = decode_rollout(shop_rollout()).value.status;
  CHECK(make_status_patch(before, before) == Json::object());
  auto after = before;
  after.abort = false;
  after.current_step_index = 2;
  CHECK(make_status_patch(before, after) ==
        Json({{"status", {{"abort", nullptr}, {"currentStepIndex", 2}}}}));
}

TEST_CASE("a status survives the way to JSON and back", "[codec]") {
  const Rollout rollout = decode_rollout(shop_rollout()).value;
  RolloutStatus status = rollout.status;
  status.routings = {*routing_of(*rollout.spec.canary()),
                     {"shop-stable",
                      "",
                      {.routers = {{"nginx", false, make_json_text(R"({"stableIngress":"web"})")}},
                       .managed_routes = {"beta"},
                       .max_traffic_weight = 1000}}};
  status.blue_green = {
      .preview_selector = "two",
      .active_selector = "one",
      .scale_up_preview_check_point = true,
      .pre_promotion_analysis_run = RunStatusRef{"pre", AnalysisPhase::Successful, ""},
      .post_promotion_analysis_run = RunStatusRef{"post", AnalysisPhase::Running, ""}};
  Json document = shop_rollout();
  document["status"] = encode_rollout_status(status);
  CHECK(decode_rollout(document).value.status == status);
}

TEST_CASE("wrong types name the field and do not stop the reading", "[codec]") {
  Json document = shop_rollout();
  document["spec"]["replicas"] = "four";
  document["spec"]["strategy"]["canary"]["steps"][0]["setWeight"] = "ten";
  document["spec"]["strategy"]["canary"]["steps"][1]["pause"]["duration"] = "soon";
  const auto decoded = decode_rollout(document);
  REQUIRE(decoded.problems.size() == 3);
  CHECK(decoded.problems[0].sentence() ==
        "spec.replicas: Invalid value: \"four\": must be a whole number");
  CHECK(decoded.problems[1].path == "spec.strategy.canary.steps[0].setWeight");
  CHECK(decoded.problems[2].path == "spec.strategy.canary.steps[1].pause.duration");
  CHECK(decoded.value.spec.canary()->steps.size() == 4);
}

TEST_CASE("numbers that do not fit are refused, not cut", "[codec]") {
  Json document = shop_rollout();
  Json& canary = document["spec"]["strategy"]["canary"];
  canary["maxSurge"] = int64_t{1} << 32;
  canary["steps"][0]["setWeight"] = uint64_t{1} << 63;
  canary["steps"][1]["pause"]["duration"] = UINT64_MAX;
  const auto decoded = decode_rollout(document);
  REQUIRE(decoded.problems.size() == 3);
  CHECK(decoded.problems[0].path == "spec.strategy.canary.steps[0].setWeight");
  CHECK(decoded.problems[1].path == "spec.strategy.canary.steps[1].pause.duration");
  CHECK(decoded.problems[2].sentence() ==
        "spec.strategy.canary.maxSurge: Invalid value: 4294967296: must fit 32 bits");
}

TEST_CASE("a step without a value is no pause", "[codec]") {
  for (const char* step : {R"({"setWeight": null})", R"({"pause": null})", "{}", "null"}) {
    INFO(step);
    Json document = shop_rollout();
    document["spec"]["strategy"]["canary"]["steps"][0] = Json::parse(step);
    const auto decoded = decode_rollout(document);
    REQUIRE(decoded.problems.size() == 1);
    CHECK(decoded.problems[0].path == "spec.strategy.canary.steps[0]");
  }
}

struct Fault {
  const char* pointer;
  Json value;
  const char* sentence;
};

TEST_CASE("what is wrong with a rollout is said with its field", "[validation]") {
  const std::string canary = "/spec/strategy/canary";
  const Fault faults[] = {
      {"/spec/strategy/canary/steps/0/setWeight", 101,
       "spec.strategy.canary.steps[0].setWeight: Invalid value: 101: must be between 0 and 100"},
      {"/spec/strategy/blueGreen",
       {{"activeService", "a"}},
       "spec.strategy: Invalid value: exactly one of canary and blueGreen must be set"},
      {"/spec/strategy/canary/canaryService", "shop-stable",
       "spec.strategy.canary.stableService: Invalid value: \"shop-stable\": must differ from "
       "canaryService"},
      {"/spec/strategy/canary/canaryService", "",
       "spec.strategy.canary.canaryService: Required value: traffic routing needs a canary "
       "Service"},
      {"/spec/selector/matchLabels/app", "other",
       "spec.template.metadata.labels: Invalid value: `selector` (app=other) does not match "
       "template "
       "`labels`"},
      {"/spec/strategy/canary/steps/1/pause/duration", 0,
       "spec.strategy.canary.steps[1].pause.duration: Invalid value: must be longer than 0"},
      {"/spec/strategy/canary/steps/0",
       {{"experiment", Json::object()}},
       "spec.strategy.canary.steps[0].experiment: Unsupported value: this engine cannot run such a "
       "step"},
      {"/spec/strategy/canary/maxSurge", -1,
       "spec.strategy.canary.maxSurge: Invalid value: -1: must not be negative"},
      {"/spec/minReadySeconds", 600,
       "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"},
      {"/spec/onFailure", "never",
       "spec.onFailure: Invalid value: \"never\": must be revert or pause"},
  };
  for (const Fault& fault : faults) {
    Json document = shop_rollout();
    document[Json::json_pointer(fault.pointer)] = fault.value;
    const auto decoded = decode_rollout(document);
    FieldProblems problems = decoded.problems;
    const FieldProblems found = validate_rollout(decoded.value);
    problems.insert(problems.end(), found.begin(), found.end());
    INFO(fault.sentence);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].sentence() == fault.sentence);
  }
}

TEST_CASE("what a bad verdict makes of an update is read", "[codec]") {
  Json document = shop_rollout();
  CHECK(decode_rollout(document).value.spec.on_failure == OnFailure::Revert);
  document["spec"]["onFailure"] = "pause";
  CHECK(decode_rollout(document).value.spec.on_failure == OnFailure::Pause);
  document["spec"]["progressDeadlineAbort"] = true;
  const FieldProblems problems = validate_rollout(decode_rollout(document).value);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].path == "spec.progressDeadlineAbort");
}

TEST_CASE("what is wrong with a blue-green strategy is said with its field", "[validation]") {
  const Fault faults[] = {
      {"/activeService", "", "activeService: Required value: names the Service that users ask"},
      {"/previewService", "shop",
       "previewService: Invalid value: \"shop\": must differ from activeService"},
      {"/previewReplicaCount", -1, "previewReplicaCount: Invalid value: -1: must not be negative"},
      {"/autoPromotionSeconds", -1,
       "autoPromotionSeconds: Invalid value: -1: must not be negative"},
      {"/scaleDownDelaySeconds", -1,
       "scaleDownDelaySeconds: Invalid value: -1: must not be negative"},
      {"/scaleDownDelayRevisionLimit", -1,
       "scaleDownDelayRevisionLimit: Invalid value: -1: must not be negative"},
      {"/abortScaleDownDelaySeconds", -1,
       "abortScaleDownDelaySeconds: Invalid value: -1: must not be negative"},
      {"/prePromotionAnalysis",
       {{"args", Json::array()}},
       "prePromotionAnalysis.templates: Required value: names no template"},
      {"/postPromotionAnalysis",
       {{"args", Json::array()}},
       "postPromotionAnalysis.templates: Required value: names no template"},
  };
  for (const Fault& fault : faults) {
    Json document = shop_rollout();
    document["spec"]["strategy"] = {
        {"blueGreen", {{"activeService", "shop"}, {"previewService", "shop-preview"}}}};
    CHECK(validate_rollout(decode_rollout(document).value).empty());
    document["spec"]["strategy"]["blueGreen"][Json::json_pointer(fault.pointer)] = fault.value;
    const auto problems = validate_rollout(decode_rollout(document).value);
    INFO(fault.sentence);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].sentence() == std::string("spec.strategy.blueGreen.") + fault.sentence);
  }
}

TEST_CASE("a mirror route names methods, paths and headers that a gateway can tell",
          "[validation]") {
  Json document = shop_rollout();
  Json& canary = document["spec"]["strategy"]["canary"];
  canary["trafficRouting"]["managedRoutes"] = {{{"name", "copies"}}};
  canary["steps"][0] = Json::parse(R"({"setMirrorRoute": {"name": "copies", "percentage": 20,
      "match": [{"method": {"exact": "GET"}, "path": {"prefix": "/api"},
                 "headers": {"x-user": {"regex": "a.*"}}}, {}]}})");
  const Rollout rollout = decode_rollout(document).value;
  CHECK(validate_rollout(rollout).empty());
  CHECK(std::get<SetMirrorRouteStep>(rollout.spec.canary()->steps[0]) ==
        SetMirrorRouteStep{"copies",
                           {{.method = {.exact = "GET"},
                             .path = {.prefix = "/api"},
                             .headers = {{"x-user", {.regex = "a.*"}}}},
                            {}},
                           20});

  struct Fault {
    const char* step;
    const char* sentence;
  };

  const auto fault = GENERATE(values<Fault>({
      {R"({"name": "other"})",
       "name: Invalid value: \"other\": must be listed in trafficRouting.managedRoutes"},
      {R"({"name": "copies", "percentage": 101})",
       "percentage: Invalid value: 101: must be between 0 and 100"},
      {R"({"name": "copies", "match": [{"method": {"prefix": "P", "exact": "PUT"}}]})",
       "match[0].method: Invalid value: exactly one of exact, prefix and regex must be set"},
      {R"({"name": "copies", "match": [{"method": {"exact": "get"}}]})",
       "match[0].method: Invalid value: exact must be one of GET, HEAD, POST, PUT, DELETE, "
       "CONNECT, "
       "OPTIONS, TRACE, PATCH"},
      {R"({"name": "copies", "match": [{"path": {"prefix": "/", "exact": "/"}}]})",
       "match[0].path: Invalid value: exactly one of exact, prefix and regex must be set"},
      {R"({"name": "copies", "match": [{"path": {"prefix": "api"}}]})",
       "match[0].path.prefix: Invalid value: must begin with /"},
      {R"({"name": "copies", "match": [{"headers": {"a": {}}}]})",
       "match[0].headers[a]: Invalid value: exactly one of exact, prefix and regex must be set"},
      {R"({"name": "copies", "match": [{"headers": {"a": {"exact": "1"}, "A": {"exact": "1"}}}]})",
       "match[0].headers[a]: Duplicate value: another one differs only in case"},
  }));
  canary["steps"][0]["setMirrorRoute"] = Json::parse(fault.step);
  const auto problems = validate_rollout(decode_rollout(document).value);
  INFO(fault.sentence);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].sentence() ==
        std::string("spec.strategy.canary.steps[0].setMirrorRoute.") + fault.sentence);
}

TEST_CASE("metadata of roles is such that pods can bear it", "[validation]") {
  struct Fault {
    const char* block;
    const char* sentence;
  };

  const auto fault = GENERATE(values<Fault>({
      {R"({"canaryMetadata": {"labels": {"app": "x"}}})",
       "canaryMetadata.labels[app]: Invalid value: \"x\": the ReplicaSet selects its pods by this "
       "label"},
      {R"({"stableMetadata": {"labels": {"rollouts-pod-template-hash": "x"}}})",
       "stableMetadata.labels[rollouts-pod-template-hash]: Invalid value: \"x\": the ReplicaSet "
       "selects its pods by this label"},
      {R"({"antiAffinity": {}})",
       "antiAffinity: Invalid value: exactly one of "
       "preferredDuringSchedulingIgnoredDuringExecution and "
       "requiredDuringSchedulingIgnoredDuringExecution must be set"},
  }));
  Json document = shop_rollout();
  document["spec"]["strategy"]["canary"].update(Json::parse(fault.block));
  const auto problems = validate_rollout(decode_rollout(document).value);
  INFO(fault.sentence);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].sentence() == std::string("spec.strategy.canary.") + fault.sentence);
  document = shop_rollout();
  document["spec"]["strategy"]["canary"]["stableMetadata"] =
      Json::parse(R"({"labels": {"role": "a b", "a/b/c": "x"}, "annotations": {"-": "x"}})");
  CHECK(validate_rollout(decode_rollout(document).value).size() == 3);
}

TEST_CASE("services must exist, be free and select the template's pods", "[validation]") {
  const Rollout rollout = decode_rollout(shop_rollout()).value;
  std::map<std::string, ServiceFacts> services = {{"shop-stable", {{{"app", "shop"}}, ""}}};
  const FindService find = [&](const std::string& name) {
    const auto found = services.find(name);
    return found == services.end() ? nullptr : &found->second;
  };
  auto problems = validate_services(rollout, find);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].sentence() ==
        "spec.strategy.canary.canaryService: Invalid value: \"shop-canary\": service "
        "\"shop-canary\" not found");
  services["shop-canary"] = {{{"app", "shop"}, {"rollouts-pod-template-hash", "x"}}, "shop"};
  CHECK(validate_services(rollout, find).empty());
  services["shop-canary"] = {{{"app", "cart"}}, "other"};
  problems = validate_services(rollout, find);
  REQUIRE(problems.size() == 2);
  CHECK(invalid_spec_message("shop", problems) ==
        "The Rollout \"shop\" is invalid: spec.strategy.canary.canaryService: Invalid value: "
        "\"shop-canary\": service \"shop-canary\" is managed by another Rollout, \"other\"; "
        "spec.strategy.canary.canaryService: Invalid value: \"shop-canary\": service "
        "\"shop-canary\" selects app=cart, which the pod template's labels do not have");
}

TEST_CASE("an invalid spec is told whole where that fits an event", "[validation]") {
  constexpr size_t kEventBytesMax = 1024;
  FieldProblems problems;
  for (const size_t number : {1, 2, 3, 200}) {
    problems.resize(number, {"spec.template.spec.containers[0].image", "Required value"});
    const std::string text = invalid_spec_message("shop", problems);
    CHECK(text.size() <= kEventBytesMax);
    size_t told = 0;
    for (size_t at = text.find("Required"); at != std::string::npos;
         at = text.find("Required", at + 1))
      ++told;
    const std::string rest = "; and " + std::to_string(number - told) + " more";
    CHECK(text.ends_with(rest) == (told < number));
    CHECK(told >= std::min<size_t>(number, 3));
  }
}

TEST_CASE("services must select the template's pods without traffic routing too", "[validation]") {
  Json document = shop_rollout();
  document["spec"]["strategy"]["canary"].erase("trafficRouting");
  const ServiceFacts shop = {{{"app", "shop"}}, ""};
  const ServiceFacts cart = {{{"app", "cart"}}, ""};
  const FindService find = [&](const std::string& name) {
    return name == "shop-stable" ? &shop : &cart;
  };
  const auto problems = validate_services(decode_rollout(document).value, find);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].sentence() ==
        "spec.strategy.canary.canaryService: Invalid value: \"shop-canary\": service "
        "\"shop-canary\" selects app=cart, which the pod template's labels do not have");
  document["spec"].erase("template");
  document["spec"]["workloadRef"] = {{"kind", "Deployment"}, {"name", "shop"}};
  CHECK(validate_services(decode_rollout(document).value, find).empty());
}

}  // namespace
}  // namespace sluice::crds
