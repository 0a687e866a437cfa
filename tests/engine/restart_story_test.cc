// How spec.restartAt has pods replaced.

#include "engine/reasons.h"
#include "tests/engine/blue_green_world.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

/// The pods that the ReplicaSets have by now, an hour old.
void show_pods(World& world) {
  for (const ReplicaSet& set : world.snapshot.replica_sets) {
    std::vector<Pod>& pods = world.snapshot.pods[set.name];
    for (int i = static_cast<int>(pods.size()); i < set.spec_replicas; ++i) {
      const std::string name = fmt::format("{}-{}", set.name, i);
      pods.push_back({.name = name,
                      .uid = "uid-" + name,
                      .created_at = world.snapshot.now - std::chrono::hours(1),
                      .available = true});
    }
  }
}

void pods_start(World& world) {
  for (auto& [name, pods] : world.snapshot.pods)
    for (Pod& pod : pods) pod.available = true;
}

SystemTime restart(World& world) {
  world.rollout().spec.restart_at = world.snapshot.now;
  ++world.rollout().meta.generation;
  return world.snapshot.now;
}

std::vector<std::string> evicted(const Plan& made) {
  std::vector<std::string> names;
  for (const Action& action : made.actions)
    if (const auto* eviction = std::get_if<EvictPod>(&action)) names.push_back(eviction->name);
  return names;
}

const crds::Wait* find_wait(const World& world, std::string_view reason) {
  const auto& waits = world.status().waiting_for;
  const auto found = std::ranges::find(waits, std::string(reason), &crds::Wait::reason);
  return found == waits.end() ? nullptr : &*found;
}

int64_t lacking(const World& world, const std::string& image) {
  const auto& pods = world.snapshot.pods.at(world.find_image(image)->name);
  return std::ranges::count(pods, false, &Pod::available);
}

}  // namespace

TEST_CASE("a restart replaces all pods, as many at a time as maxUnavailable says") {
  World world = deployed();
  show_pods(world);
  const SystemTime at = restart(world);
  const Plan first = world.reconcile();
  CHECK(evicted(first).size() == 2);
  CHECK(first.pods_of == std::set{world.find_image("v1")->name});
  CHECK(world.status().phase == crds::RolloutPhase::Progressing);
  CHECK(world.status().message.starts_with("rollout is restarting: 10 pods are older than "));
  const crds::Wait* wait = find_wait(world, kWaitingForRestart);
  REQUIRE(wait != nullptr);
  CHECK(wait->object == crds::ObjectName{"ReplicaSet", world.find_image("v1")->name});
  CHECK(wait->observed == "10 older pods");
  CHECK(wait->wanted == "0 older pods");
  CHECK(evicted(world.reconcile()).empty());

  for (int round = 0; round < 4; ++round) {
    pods_start(world);
    world.reconcile();
    CHECK(lacking(world, "v1") == 2);
    CHECK_FALSE(world.status().restarted_at);
  }
  pods_start(world);
  CHECK(evicted(world.reconcile()).empty());
  CHECK(world.status().restarted_at == at);
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.was_told(kRolloutRestarted));
  const Plan rest = world.reconcile();
  CHECK(rest.actions.empty());
  CHECK(rest.pods_of.empty());
}

TEST_CASE("a single pod goes for a moment") {
  World world({.replicas = 1, .routed = false});
  world.settle();
  show_pods(world);
  restart(world);
  CHECK(evicted(world.reconcile()).size() == 1);
}

TEST_CASE("a restart that lies in the future is waited for") {
  World world = deployed();
  show_pods(world);
  restart(world);
  *world.rollout().spec.restart_at += std::chrono::minutes(5);
  const Plan made = world.reconcile();
  CHECK(evicted(made).empty());
  CHECK(made.pods_of.empty());
  CHECK(made.wake_after == std::chrono::minutes(5));
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  world.advance(std::chrono::minutes(5));
  CHECK(evicted(world.reconcile()).size() == 2);
}

TEST_CASE("pods that serve nobody go first and cost nothing; one that does not come holds it up") {
  World world = deployed();
  show_pods(world);
  auto& pods = world.snapshot.pods.at(world.find_image("v1")->name);
  for (const size_t index : {5U, 6U, 7U}) pods[index].available = false;
  restart(world);
  CHECK(evicted(world.reconcile()) == std::vector{pods[5].name.substr(0, pods[5].name.size() - 1),
                                                  pods[6].name.substr(0, pods[6].name.size() - 1),
                                                  pods[7].name.substr(0, pods[7].name.size() - 1)});
  world.revision("v1").available_replicas = 7;
  CHECK(evicted(world.reconcile()).empty());
  REQUIRE(find_wait(world, kWaitingForPods) != nullptr);
  CHECK(find_wait(world, kWaitingForPods)->observed == "7 available");
  pods[5].available = pods[6].available = true;
  CHECK(evicted(world.reconcile()).size() == 1);
}

TEST_CASE("a pod that a disruption budget keeps is told of, and the next one is asked for later") {
  World world = deployed();
  show_pods(world);
  auto& pods = world.snapshot.pods.at(world.find_image("v1")->name);
  pods[0].refusal = "the budget needs 10 healthy pods";
  for (Pod& pod : pods) pod.kept = true;
  restart(world);
  CHECK(evicted(world.reconcile()).empty());
  const crds::Wait* refused = find_wait(world, kEvictionRefused);
  REQUIRE(refused != nullptr);
  CHECK(refused->message ==
        fmt::format("pod {} is not evicted: the budget needs 10 healthy pods", pods[0].name));
  CHECK(world.status().message.ends_with(refused->message));
  for (Pod& pod : pods) pod.kept = false;
  const std::vector<std::string> others{pods[1].name, pods[2].name};
  CHECK(evicted(world.reconcile()) == others);
}

TEST_CASE("a pod that is kept takes nothing from those that may go") {
  World world = deployed();
  world.release("v2");
  world.settle();
  show_pods(world);
  for (Pod& pod : world.snapshot.pods.at(world.find_image("v1")->name)) pod.kept = true;
  restart(world);
  const std::vector<std::string> canary{
      world.snapshot.pods.at(world.find_image("v2")->name)[0].name};
  CHECK(evicted(world.reconcile()) == canary);
}

TEST_CASE("while pods are looked at anew a refusal is said of none") {
  World world = deployed();
  show_pods(world);
  auto& pods = world.snapshot.pods.at(world.find_image("v1")->name);
  pods[0].refusal = "the budget needs 10 healthy pods";
  pods[0].kept = true;
  restart(world);
  world.reconcile();
  REQUIRE(find_wait(world, kEvictionRefused) != nullptr);
  const crds::Wait before = *find_wait(world, kWaitingForRestart);
  world.snapshot.pods.clear();
  world.reconcile();
  REQUIRE(find_wait(world, kWaitingForRestart) != nullptr);
  CHECK(*find_wait(world, kWaitingForRestart) == before);
  CHECK(find_wait(world, kEvictionRefused) == nullptr);
}

TEST_CASE("the stable revision's pods are restarted before the canary's") {
  World world = deployed();
  world.release("v2");
  world.settle();
  REQUIRE(world.revision("v2").spec_replicas == 1);
  show_pods(world);
  const SystemTime at = restart(world);
  const std::string canary = world.find_image("v2")->name;
  bool canary_went = false;
  for (int round = 0; round < 20 && world.status().restarted_at != at; ++round) {
    for (const std::string& name : evicted(world.reconcile())) {
      const bool of_canary = name.starts_with(canary);
      if (canary_went) CHECK(of_canary);
      canary_went = canary_went || of_canary;
    }
    CHECK(lacking(world, "v1") + lacking(world, "v2") <= 2);
    pods_start(world);
  }
  CHECK(world.status().restarted_at == at);
  CHECK(canary_went);
  CHECK(world.status().current_step_index == 1);
}

TEST_CASE("a new template outdates a restart") {
  World world = deployed();
  show_pods(world);
  const SystemTime at = restart(world);
  world.release("v2");
  CHECK(evicted(world.reconcile()).empty());
  CHECK(world.status().restarted_at == at);
}

TEST_CASE("a blue-green Rollout restarts as many pods at a time as its maxUnavailable says") {
  World world = blue_green({.max_unavailable = crds::IntOrPercent{2, false}});
  show_pods(world);
  restart(world);
  CHECK(evicted(world.reconcile()).size() == 2);
}
