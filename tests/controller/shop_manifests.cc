#include "tests/controller/shop_manifests.h"

#include <nlohmann/json.hpp>

namespace sluice::controller::test {
namespace {

constexpr int kPauseSeconds = 5;

Json analysis_reference() {
  return Json::parse(R"({
    "templates": [{"templateName": "success-rate"}],
    "args": [{"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}}]})");
}

}  // namespace

Json shop_service(const std::string& name) {
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", {{"name", name}}},
          {"spec", {{"selector", {{"app", "shop"}}}, {"ports", Json::array({{{"port", 80}}})}}}};
}

Json shop_route() {
  return Json::parse(R"({
    "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
    "metadata": {"name": "shop"},
    "spec": {"parentRefs": [{"name": "gateway"}],
             "rules": [{"backendRefs": [{"name": "shop-stable", "port": 80, "weight": 100},
                                        {"name": "shop-canary", "port": 80, "weight": 0}]}]}})");
}

Json success_rate_template() {
  return Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
    "metadata": {"name": "success-rate"},
    "spec": {"args": [{"name": "hash"}],
             "metrics": [{"name": "success-rate", "interval": "5s", "count": 3,
                          "successCondition": "result[0] >= 0.95",
                          "provider": {"prometheus": {
                            "address": "http://prometheus.example",
                            "query": "success_rate{hash=\"{{args.hash}}\"}"}}}]}})");
}

Json shop_rollout(int replicas, const Json& steps) {
  Json rollout = Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
    "metadata": {"name": "shop"},
    "spec": {"selector": {"matchLabels": {"app": "shop"}},
             "template": {"metadata": {"labels": {"app": "shop"}},
                          "spec": {"containers": [{"name": "shop", "image": "shop:v1"}]}},
             "strategy": {"canary": {
               "stableService": "shop-stable", "canaryService": "shop-canary",
               "scaleDownDelaySeconds": 5, "abortScaleDownDelaySeconds": 5,
               "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "shop"}}}}}
            }})");
  rollout["spec"]["replicas"] = replicas;
  rollout["spec"]["strategy"]["canary"]["steps"] = steps;
  return rollout;
}

Json shop_ingress() {
  return Json::parse(R"({
    "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"},
    "spec": {"ingressClassName": "nginx", "rules": [{"host": "shop.example", "http": {"paths": [
      {"path": "/", "pathType": "Prefix",
       "backend": {"service": {"name": "shop-stable", "port": {"number": 80}}}}]}}]}})");
}

Json weight_step(int weight) {
  return {{"setWeight", weight}};
}

Json pause_step() {
  return {{"pause", Json::object()}};
}

Json pause_step(int seconds) {
  return {{"pause", {{"duration", seconds}}}};
}

Json analysis_step() {
  return {{"analysis", analysis_reference()}};
}

Json judged_steps() {
  Json steps = Json::array();
  for (const int weight : {10, 30, 50, 80}) {
    steps.push_back(weight_step(weight));
    steps.push_back(pause_step(kPauseSeconds));
    steps.push_back(analysis_step());
  }
  steps.push_back(weight_step(100));
  return steps;
}

}  // namespace sluice::controller::test
