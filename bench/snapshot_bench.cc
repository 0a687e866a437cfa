// What stands before a plan, and so before the routing write that takes traffic back: reading the
// Rollout's snapshot from the caches, and in it what is wrong with its analyses. And a whole look,
// snapshot and plan, beside so many other Rollouts, each with three ReplicaSets and a Service: it
// is to cost the same.

#include "controller/snapshot_builder.h"
#include "engine/plan.h"
#include "kube/object.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/scripted_store.h"

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sluice::controller {
namespace {

constexpr int kMetrics = 10;
constexpr int kAnalysisSteps = 5;
constexpr int kReplicaSets = 3;

Json judged_rollout() {
  Json rollout = Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
    "metadata": {"name": "shop", "namespace": "web", "uid": "u1", "generation": 1,
                 "resourceVersion": "1"},
    "spec": {
      "replicas": 10, "selector": {"matchLabels": {"app": "shop"}},
      "template": {"metadata": {"labels": {"app": "shop"}},
                   "spec": {"containers": [{"name": "shop", "image": "shop:v1"}]}},
      "strategy": {"canary": {"steps": []}}}})");
  Json& steps = rollout["spec"]["strategy"]["canary"]["steps"];
  for (int i = 1; i <= kAnalysisSteps; ++i) {
    steps.push_back({{"setWeight", i * 10}});
    steps.push_back({{"analysis", {{"templates", Json::array({{{"templateName", "health"}}})}}}});
  }
  return rollout;
}

Json health_template() {
  Json health = Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
    "metadata": {"name": "health", "namespace": "web", "uid": "t1", "resourceVersion": "1"},
    "spec": {"metrics": []}})");
  for (int i = 0; i < kMetrics; ++i) {
    health["spec"]["metrics"].push_back(
        {{"name", "rate-" + std::to_string(i)},
         {"interval", "5s"},
         {"count", 3},
         {"successCondition", "len(result) == 0 || isNaN(result[0]) || result[0] >= 0.95"},
         {"provider",
          {{"prometheus", {{"address", "http://prometheus.example"}, {"query", "vector(1)"}}}}}});
  }
  return health;
}

/// A provider that finds no fault.
analysis::ProviderChecks content_providers() {
  analysis::ProviderChecks checks;
  checks["prometheus"].settings = [](const JsonText&, std::string_view) {
    return crds::FieldProblems{};
  };
  return checks;
}

struct Cluster {
  FakeClock clock;
  boost::asio::io_context context;
  ScriptedStore store{context.get_executor()};
  ClusterView view{store, clock, context.get_executor(), Scope{}};
  analysis::ProviderChecks providers = content_providers();
  AnalysisChecks checks{view, providers};
  traffic::RouterRegistry routers = traffic::builtin_routers();

  Cluster() {
    view.rollouts.learn(*kube::make_object(judged_rollout()));
    view.templates.learn(*kube::make_object(health_template()));
  }

  RolloutPtr rollout() { return view.rollout({"web", "shop"}); }

  void add_other(int number);
};

Json object_of(const char* api_version, const char* kind, const std::string& name) {
  return {{"apiVersion", api_version},
          {"kind", kind},
          {"metadata",
           {{"name", name}, {"namespace", "web"}, {"uid", name}, {"resourceVersion", "1"}}}};
}

void Cluster::add_other(int number) {
  const std::string name = "other-" + std::to_string(number);
  Json rollout = judged_rollout();
  rollout["metadata"]["name"] = rollout["metadata"]["uid"] = name;
  view.rollouts.learn(*kube::make_object(rollout));
  Json service = object_of("v1", "Service", name);
  service["spec"]["selector"]["app"] = name;
  view.services.learn(*kube::make_object(service));
  for (int i = 0; i < kReplicaSets; ++i) {
    Json set = object_of("apps/v1", "ReplicaSet", name + "-" + std::to_string(i));
    set["metadata"]["labels"]["rollouts-pod-template-hash"] = std::to_string(i);
    set["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "argoproj.io/v1alpha1"},
                                                       {"kind", "Rollout"},
                                                       {"name", name},
                                                       {"uid", name},
                                                       {"controller", true}}});
    set["spec"]["replicas"] = 0;
    view.replica_sets.learn(*kube::make_object(set));
  }
}

void lint_templates(benchmark::State& state) {
  Cluster cluster;
  const RolloutPtr rollout = cluster.rollout();
  for (auto _ : state)
    benchmark::DoNotOptimize(check_analyses(rollout->value, cluster.view, cluster.providers));
}

void snapshot(benchmark::State& state) {
  Cluster cluster;
  const RolloutPtr rollout = cluster.rollout();
  for (auto _ : state) {
    benchmark::DoNotOptimize(observe(*rollout, cluster.view, cluster.routers, cluster.checks,
                                     cluster.clock.system_now(), {}));
  }
}

void look_beside_others(benchmark::State& state) {
  Cluster cluster;
  for (int i = 0; i < state.range(0); ++i) cluster.add_other(i);
  const RolloutPtr rollout = cluster.rollout();
  for (auto _ : state) {
    const Observed observed = observe(*rollout, cluster.view, cluster.routers, cluster.checks,
                                      cluster.clock.system_now(), {});
    benchmark::DoNotOptimize(engine::plan(observed.snapshot));
  }
}

BENCHMARK(lint_templates);
BENCHMARK(snapshot);
BENCHMARK(look_beside_others)->Arg(100)->Arg(1'000)->Arg(10'000);

}  // namespace
}  // namespace sluice::controller
