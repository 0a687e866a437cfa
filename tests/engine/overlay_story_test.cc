// What pods bear beside their template, by what their revision is to the update.

#include "crds/names.h"
#include "crds/pod_overlay.h"
#include "engine/pod_overlays.h"
#include "tests/engine/blue_green_world.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

crds::PodMetadata role(const char* name) {
  return {.labels = {{"role", name}}, .annotations = {}};
}

/// The label that pods to come get.
std::string role_of(const World& world, const std::string& image) {
  const Json pod_template = *parse_json(*world.find_image(image)->pod_template);
  return string_at(pod_template, "metadata.labels.role");
}

void show_pods(World& world) {
  for (const ReplicaSet& set : world.snapshot.replica_sets) {
    const Json pod_template = *parse_json(*set.pod_template);
    std::vector<Pod>& pods = world.snapshot.pods[set.name];
    for (int i = static_cast<int>(pods.size()); i < set.spec_replicas; ++i) {
      const std::string name = fmt::format("{}-{}", set.name, i);
      pods.push_back({.name = name,
                      .uid = "uid-" + name,
                      .labels = pod_template["metadata"]["labels"].get<StringMap>()});
    }
  }
}

int64_t pods_with(const World& world, const std::string& image, const std::string& value) {
  const auto pods = world.snapshot.pods.find(world.find_image(image)->name);
  if (pods == world.snapshot.pods.end()) return 0;
  return std::ranges::count_if(pods->second, [&](const Pod& pod) {
    const auto label = pod.labels.find("role");
    return (label == pod.labels.end() ? "" : label->second) == value;
  });
}

bool is_adapting(const World& world, const std::string& image) {
  return !world.find_image(image)->annotation(crds::kPodsToAdaptAnnotation).empty();
}

World with_roles() {
  World world = deployed();
  world.canary().stable_metadata = role("stable");
  world.canary().canary_metadata = role("canary");
  ++world.rollout().meta.generation;
  world.settle();
  return world;
}

}  // namespace

TEST_CASE("running pods get the metadata of their role, ten at a time, and keep running") {
  World world = deployed();
  show_pods(world);
  const std::string hash = world.hash("v1");
  world.canary().stable_metadata = role("stable");
  world.rollout().spec.replicas = 12;
  ++world.rollout().meta.generation;
  world.reconcile();
  show_pods(world);
  CHECK(role_of(world, "v1") == "stable");
  CHECK(is_adapting(world, "v1"));
  const Plan made = world.reconcile();
  CHECK(made.pods_of == std::set{world.find_image("v1")->name});
  CHECK(pods_with(world, "v1", "stable") == 12);
  CHECK(is_adapting(world, "v1"));
  world.reconcile();
  CHECK_FALSE(is_adapting(world, "v1"));
  world.settle();
  CHECK(world.hash("v1") == hash);
  CHECK(world.snapshot.replica_sets.size() == 1);
}

TEST_CASE("metadata follows the roles through a release") {
  World world = with_roles();
  CHECK(role_of(world, "v1") == "stable");
  world.release("v2");
  world.settle();
  show_pods(world);
  CHECK(role_of(world, "v2") == "canary");
  CHECK(pods_with(world, "v2", "canary") == 1);
  const std::string hash = world.hash("v2");

  SECTION("to the promotion") {
    world.promote_full();
    world.settle();
    show_pods(world);
    world.settle();
    CHECK(role_of(world, "v2") == "stable");
    CHECK(pods_with(world, "v2", "stable") == 10);
    CHECK(role_of(world, "v1").empty());
    CHECK(pods_with(world, "v1", "") == 10);
    CHECK_FALSE(is_adapting(world, "v2"));
    CHECK(world.hash("v2") == hash);
  }
  SECTION("and an abort leaves each what it was") {
    world.abort();
    world.settle();
    CHECK(role_of(world, "v1") == "stable");
    CHECK(role_of(world, "v2") == "canary");
  }
  SECTION("and back: a return to the stable revision makes no new one") {
    world.release("v1");
    world.settle();
    CHECK(world.snapshot.replica_sets.size() == 2);
    CHECK(role_of(world, "v1") == "stable");
    CHECK(role_of(world, "v2").empty());
  }
}

TEST_CASE("a revision is found by its template although labels lie over it") {
  World world = with_roles();
  ReplicaSet& set = world.revision("v1");
  set.labels[std::string(crds::kPodTemplateHashLabel)] = "of-another-version";
  world.rollout().status.stable_rs = world.rollout().status.current_pod_hash = "of-another-version";
  world.settle();
  CHECK(world.snapshot.replica_sets.size() == 1);
}

TEST_CASE("a killed process patches the pods that are left") {
  World world = with_roles();
  show_pods(world);
  world.canary().stable_metadata = role("gold");
  ++world.rollout().meta.generation;
  world.reconcile();
  REQUIRE(is_adapting(world, "v1"));
  world.canary().stable_metadata = role("silver");
  ++world.rollout().meta.generation;
  world.settle();
  CHECK(pods_with(world, "v1", "silver") == 10);
  CHECK_FALSE(is_adapting(world, "v1"));
}

TEST_CASE("a blue-green Rollout tells the preview from the active revision") {
  crds::BlueGreenStrategy strategy = by_hand();
  strategy.active_metadata = role("active");
  strategy.preview_metadata = role("preview");
  World world = blue_green(strategy);
  CHECK(role_of(world, "v1") == "active");
  world.release("v2");
  world.settle();
  CHECK(role_of(world, "v2") == "preview");
  CHECK(role_of(world, "v1") == "active");
  world.promote();
  world.settle();
  CHECK(role_of(world, "v2") == "active");
  CHECK(role_of(world, "v1").empty());
}

TEST_CASE("a new revision keeps off the nodes of the stable one until it is that") {
  World world = deployed();
  world.canary().anti_affinity =
      make_json_text(R"({"requiredDuringSchedulingIgnoredDuringExecution": {}})");
  const std::string stable = world.hash("v1");
  world.settle();
  const auto affinity = [&](const char* image) {
    const Json pod_template = *parse_json(*world.find_image(image)->pod_template);
    const Json* spec = find_path(pod_template, "spec.affinity");
    return spec == nullptr ? std::string() : dump_json(*spec);
  };
  CHECK(affinity("v1").empty());
  world.release("v2");
  world.settle();
  CHECK(affinity("v2").find("\"values\":[\"" + stable + "\"]") != std::string::npos);
  CHECK(world.hash("v2") == world.status().current_pod_hash);
  World plain = deployed();
  plain.release("v2");
  plain.settle();
  CHECK(plain.hash("v2") == world.hash("v2"));
  world.promote_full();
  world.settle();
  CHECK(affinity("v2").empty());
  world.release("v1");
  world.settle();
  CHECK(affinity("v1").find("\"values\":[\"" + world.hash("v2") + "\"]") != std::string::npos);
}
