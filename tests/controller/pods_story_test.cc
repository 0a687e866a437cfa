// What the controller does to pods: it has them restarted, and tells them what they are.

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
  CHECK(world.message().find("The disruption budget shop needs 3 healthy pods") !=
        std::string::npos);
  CHECK(pod_names(world).size() == 3);
  CHECK(std::ranges::count(world.events.codes, std::string(engine::kEvictionRefused)) == 1);
  // From when the budget is gone it takes no longer than without one: a pod takes three seconds.
  world.remove("PodDisruptionBudget", "shop");
  REQUIRE(run_with_pods(world, [&] { return is_restarted(world, at); }, 20));
  CHECK(std::ranges::count(world.events.codes, std::string(engine::kEvictionRefused)) == 1);
}

TEST_CASE("an API server that cannot answer is no disruption budget") {
  ControllerWorld world;
  world.deploy_shop(3, Json::array());
  run_pods(world);
  bool overloaded = true;
  size_t asked = 0;
  world.store->refuse([&](std::string_view verb, const kube::Resource& resource,
                          const std::string&) {
    const bool evicts = verb == "remove" && resource.plural == "pods";
    asked += evicts ? 1 : 0;
    return evicts && overloaded ? std::optional(unavailable("too many requests")) : std::nullopt;
  });
  const std::string at = restart(world);
  REQUIRE(world.run_until([&] { return asked > 2; }, 30));
  CHECK_FALSE(world.events.was_told(engine::kEvictionRefused));
  CHECK(world.message().find("not evicted") == std::string::npos);
  overloaded = false;
  REQUIRE(run_with_pods(world, [&] { return is_restarted(world, at); }, 30));
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

namespace {

/// The shop with metadata and an anti-affinity for the roles of its pods, and v1 at work.
void deploy_with_roles(ControllerWorld& world) {
  world.apply_shop(10, Json::array({weight_step(20), pause_step()}));
  world.patch("Rollout", "shop",
              {{"spec",
                {{"strategy",
                  {{"canary",
                    {{"stableMetadata", {{"labels", {{"role", "stable"}}}}},
                     {"canaryMetadata",
                      {{"labels", {{"role", "canary"}}}, {"annotations", {{"trial", "yes"}}}}},
                     {"antiAffinity",
                      {{"requiredDuringSchedulingIgnoredDuringExecution", Json::object()}}}}}}}}}});
  world.start_controller();
  REQUIRE(run_with_pods(world, [&] { return world.phase() == "Healthy"; }));
  run_pods(world);
}

/// How many pods of the image bear the role.
int64_t in_role(const ControllerWorld& world, const std::string& image, const std::string& role) {
  return std::ranges::count_if(pods_of(world, world.revision(image)), [&](const Json& pod) {
    return string_at(pod, "metadata.labels.role") == role;
  });
}

/// The revisions that pods made now keep off the nodes of.
std::vector<std::string> kept_off(const ControllerWorld& world, const std::string& image) {
  std::vector<std::string> hashes;
  const Json affinity = world.revision(image)["spec"]["template"]["spec"].value("affinity", Json());
  const Json* terms =
      find_path(affinity, "podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution");
  if (terms == nullptr) return hashes;
  for (const Json& term : *terms)
    for (const Json& of : term["labelSelector"]["matchExpressions"])
      for (const Json& hash : of["values"]) hashes.push_back(hash);
  return hashes;
}

}  // namespace

TEST_CASE("pods are told their role by labels and kept apart, and no revision comes of it") {
  ControllerWorld world;
  deploy_with_roles(world);
  CHECK(in_role(world, "shop:v1", "stable") == 10);
  CHECK(kept_off(world, "shop:v1").empty());
  world.release("shop:v2");
  REQUIRE(run_with_pods(world, [&] { return world.phase() == "Paused"; }));
  CHECK(in_role(world, "shop:v1", "stable") == 10);
  CHECK(in_role(world, "shop:v2", "canary") == 2);
  CHECK(kept_off(world, "shop:v2") == std::vector{world.hash("shop:v1")});
  std::set<std::string> tried;
  for (const Json& pod : pods_of(world, world.revision("shop:v2")))
    tried.insert(string_at(pod, "metadata.name"));

  SECTION("a promotion gives the pods that run the other role, without a restart") {
    world.promote();
    const auto all_are_stable = [&] {
      return world.phase() == "Healthy" && in_role(world, "shop:v2", "stable") == 10;
    };
    REQUIRE(run_with_pods(world, all_are_stable));
    CHECK(in_role(world, "shop:v2", "canary") == 0);
    CHECK(kept_off(world, "shop:v2").empty());
    for (const Json& pod : pods_of(world, world.revision("shop:v2")))
      CHECK_FALSE(pod["metadata"].value("annotations", Json::object()).contains("trial"));
    const std::set<std::string> after = pod_names(world);
    CHECK(std::ranges::includes(after, tried));
    CHECK(world.list("ReplicaSet").size() == 2);
  }
  SECTION("an abort leaves the stable pods as they are, and a retry finds the same revision") {
    world.abort();
    REQUIRE(run_with_pods(world, [&] { return world.pods("shop:v2") == 0; }));
    CHECK(in_role(world, "shop:v1", "stable") == 10);
    world.retry();
    REQUIRE(run_with_pods(world, [&] { return world.phase() == "Paused"; }));
    CHECK(in_role(world, "shop:v2", "canary") == 2);
    CHECK(world.list("ReplicaSet").size() == 2);
  }
}
