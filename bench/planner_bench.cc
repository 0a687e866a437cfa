// How long one decision takes: decoding a Rollout, and planning it.

#include "crds/rollout_codec.h"
#include "engine/plan.h"

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

namespace sluice {
namespace {

Json shop_document() {
  return Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
    "metadata": {"name": "shop", "namespace": "default", "uid": "u1", "generation": 1},
    "spec": {
      "replicas": 10, "selector": {"matchLabels": {"app": "shop"}},
      "template": {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [
        {"name": "shop", "image": "shop:v1", "ports": [{"containerPort": 8080}],
         "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}]}},
      "strategy": {"canary": {
        "canaryService": "shop-canary", "stableService": "shop-stable",
        "trafficRouting": {"gatewayAPI": {"httpRoute": "shop"}},
        "steps": [{"setWeight": 10}, {"pause": {}}, {"setWeight": 50}, {"pause": {"duration": 60}}]}}}})");
}

void decode_rollout(benchmark::State& state) {
  const Json document = shop_document();
  for (auto _ : state) benchmark::DoNotOptimize(crds::decode_rollout(document));
}

void plan_first_deployment(benchmark::State& state) {
  engine::Snapshot snapshot;
  snapshot.rollout = crds::decode_rollout(shop_document()).value;
  snapshot.services["shop-stable"].exists = true;
  snapshot.services["shop-canary"].exists = true;
  snapshot.routers.push_back({.router = "gatewayAPI"});
  snapshot.now = *parse_time("2026-01-02T03:04:05Z");
  for (auto _ : state) benchmark::DoNotOptimize(engine::plan(snapshot));
}

BENCHMARK(decode_rollout);
BENCHMARK(plan_first_deployment);

}  // namespace
}  // namespace sluice
