// What the controller does to pods: it has them restarted.

#include "crds/names.h"
#include "engine/reasons.h"
#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

std::vector<Json> pods_of(const ControllerWorld& world, const Json& replica_set) {
  std::vector<Json> pods = world.list("Pod");
  std::erase_if(pods, [&](const Json& pod) {
    return pod["metadata"]["ownerReferences"][0]["uid"] != replica_set["metadata"]["uid"];
  });
  return pods;
}

void make_pod(ControllerWorld& world, const Json& replica_set) {
  const Json& made_from = replica_set["spec"]["template"];
  const std::string set = replica_set["metadata"]["name"];
  static int count = 0;
  const std::string name = set + "-" + std::to_string(++count);
  world.create({{"apiVersion", "v1"},
                {"kind", "Pod"},
                {"metadata",
                 {{"name", name},
                  {"namespace", "default"},
                  {"labels", made_from["metadata"]["labels"]},
                  {"annotations", made_from["metadata"].value("annotations", Json::object())},
                  {"ownerReferences",
                   {{{"apiVersion", "apps/v1"},
                     {"kind", "ReplicaSet"},
                     {"name", set},
                     {"uid", replica_set["metadata"]["uid"]},
                     {"controller", true}}}}}},
                {"spec", made_from["spec"]}});
  const Json ready = {{"type", "Ready"}, {"status", "True"}};
  world.patch("Pod", name, {{"status", {{"conditions", Json::array({ready})}}}},
              kube::Subresource::Status);
}

/// The pods that the fake kubelet only counts: each ReplicaSet has as many as it wants, at once.
void run_pods(ControllerWorld& world) {
  for (const Json& set : world.list("ReplicaSet")) {
    const std::vector<Json> pods = pods_of(world, set);
    const auto wanted = static_cast<size_t>(int_at(set, "spec.replicas"));
    for (size_t i = pods.size(); i < wanted; ++i) make_pod(world, set);
    for (size_t i = wanted; i < pods.size(); ++i)
      world.remove("Pod", string_at(pods[i], "metadata.name"));
  }
}

bool run_with_pods(ControllerWorld& world, const std::function<bool()>& condition,
                   int seconds = 200) {
  for (int i = 0; i < seconds && !condition(); ++i) {
    run_pods(world);
    world.tick();
  }
  return condition();
}

std::set<std::string> pod_names(const ControllerWorld& world) {
  std::set<std::string> names;
  for (const Json& pod : world.list("Pod")) names.insert(string_at(pod, "metadata.name"));
  return names;
}

std::string restart(ControllerWorld& world) {
  world.tick(2);
  const std::string at =
      format_time(std::chrono::floor<std::chrono::seconds>(world.clock.system_now()));
  world.patch("Rollout", "shop", {{"spec", {{"restartAt", at}}}});
  return at;
}

/// A disruption budget.
void keep_pods(ControllerWorld& world, int count) {
  world.create(
      {{"apiVersion", "policy/v1"},
       {"kind", "PodDisruptionBudget"},
       {"metadata", {{"name", "shop"}, {"namespace", "default"}}},
       {"spec", {{"minAvailable", count}, {"selector", {{"matchLabels", {{"app", "shop"}}}}}}}});
}

bool is_refused(const ControllerWorld& world) {
  return world.message().find("violate the pod's disruption budget") != std::string::npos;
}

bool is_restarted(const ControllerWorld& world, const std::string& at) {
  return string_at(world.rollout(), "status.restartedAt") == at;
}

}  // namespace

TEST_CASE("a restart replaces each pod, one after the other") {
  ControllerWorld world;
  world.deploy_shop(3, Json::array());
  run_pods(world);
  const std::set<std::string> before = pod_names(world);
  REQUIRE(before.size() == 3);
  const std::string at = restart(world);
  REQUIRE(world.run_until([&] { return pod_names(world).size() == 2; }, 10));
  CHECK(world.phase() == "Progressing");
  REQUIRE(world.run_until(
      [&] {
        return world.message().starts_with("rollout is restarting: 2 pods are older than " + at);
      },
      10));
  world.tick(60);
  CHECK(pod_names(world).size() == 2);
  REQUIRE(run_with_pods(world, [&] { return is_restarted(world, at); }));
  for (const std::string& name : pod_names(world)) CHECK_FALSE(before.contains(name));
  REQUIRE(world.run_until_phase("Healthy", 10));
  CHECK(world.events.was_told(engine::kRolloutRestarted));
  const size_t calls = world.store->calls();
  world.tick(60);
  CHECK(world.store->calls() == calls);
}

TEST_CASE("a restart goes on where a process was killed") {
  ControllerWorld world;
  world.deploy_shop(3, Json::array());
  run_pods(world);
  const std::string at = restart(world);
  REQUIRE(world.run_until([&] { return pod_names(world).size() == 2; }, 10));
  world.restart_controller();
  REQUIRE(run_with_pods(world, [&] { return is_restarted(world, at); }));
}

TEST_CASE("a disruption budget is waited for and told of") {
  ControllerWorld world;
  world.deploy_shop(3, Json::array());
  run_pods(world);
  keep_pods(world, 3);
  const std::string at = restart(world);
  REQUIRE(world.run_until([&] { return is_refused(world); }, 10));
  world.tick(60);
  CHECK(is_refused(world));
  CHECK(pod_names(world).size() == 3);
  CHECK(std::ranges::count(world.events.codes, std::string(engine::kEvictionRefused)) == 1);
  // From when the budget is gone it takes no longer than without one: a pod takes three seconds.
  world.remove("PodDisruptionBudget", "shop");
  REQUIRE(run_with_pods(world, [&] { return is_restarted(world, at); }, 20));
  CHECK(std::ranges::count(world.events.codes, std::string(engine::kEvictionRefused)) == 1);
}

TEST_CASE("a refused restart asks ever more seldom, and writes its status once") {
  ControllerWorld world;
  world.deploy_shop(3, Json::array());
  run_pods(world);
  keep_pods(world, 3);
  size_t asked = 0;
  world.store->refuse(
      [&](std::string_view verb, const kube::Resource& resource, const std::string&) {
        if (verb == "remove" && resource.plural == "pods") ++asked;
        return std::optional<Error>();
      });
  restart(world);
  REQUIRE(world.run_until([&] { return asked > 0; }, 10));
  world.tick(10);
  const size_t at_first = asked;
  CHECK(at_first >= 3);
  const std::string version = world.rollout()["metadata"]["resourceVersion"];
  world.tick(60);
  CHECK(asked - at_first >= 10);
  CHECK(asked - at_first <= 13);
  CHECK(world.rollout()["metadata"]["resourceVersion"] == version);
}

TEST_CASE("a refused restart goes on once a pod has become ready") {
  ControllerWorld world;
  world.deploy_shop(3, Json::array());
  run_pods(world);
  keep_pods(world, 3);
  const std::string at = restart(world);
  REQUIRE(world.run_until([&] { return is_refused(world); }, 10));
  world.tick(60);
  world.patch("Rollout", "shop", {{"spec", {{"replicas", 4}}}});
  REQUIRE(run_with_pods(world, [&] { return is_restarted(world, at); }, 20));
}
