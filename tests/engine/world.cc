#include "tests/engine/world.h"

#include "crds/names.h"
#include "engine/facts.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine::test {
namespace {

constexpr int kRoundsMax = 300;

JsonText make_template(const std::string& image) {
  return make_json_text(fmt::format(
      R"({{"metadata":{{"labels":{{"app":"shop"}}}},"spec":{{"containers":[{{"name":"shop","image":"{}"}}]}}}})",
      image));
}

bool uses_image(const ReplicaSet& replica_set, const std::string& image) {
  return replica_set.pod_template->find("\"" + image + "\"") != std::string::npos;
}

}  // namespace

crds::Step set_weight(int64_t weight) {
  return crds::SetWeightStep{weight};
}

crds::Step pause_step() {
  return crds::PauseStep{};
}

crds::Step pause_step(Duration duration) {
  return crds::PauseStep{duration};
}

crds::Step analysis() {
  crds::AnalysisStep step;
  step.analysis.templates.push_back({"success-rate", false});
  return step;
}

std::vector<crds::Step> mission_steps() {
  return {set_weight(10), pause_step(),   set_weight(30), pause_step(),   set_weight(50),
          pause_step(),   set_weight(80), pause_step(),   set_weight(100)};
}

World::World(WorldOptions options) : options_(std::move(options)) {
  snapshot.now = *parse_time("2026-11-21T10:00:00Z");
  crds::Rollout& made = snapshot.rollout;
  made.meta.name = "shop";
  made.meta.namespace_ = "default";
  made.meta.uid = "rollout-uid";
  made.meta.generation = 1;
  made.spec.replicas = options_.replicas;
  made.spec.selector.match_labels = {{"app", "shop"}};
  made.spec.template_labels = {{"app", "shop"}};
  made.spec.pod_template = make_template("v1");
  crds::CanaryStrategy strategy;
  strategy.steps = options_.steps;
  strategy.steps_text = make_json_text(fmt::format("[{}]", options_.steps.size()));
  if (options_.routed) {
    strategy.canary_service = "shop-canary";
    strategy.stable_service = "shop-stable";
    strategy.traffic_routing.emplace();
    strategy.traffic_routing->routers.push_back({"gatewayAPI", false, make_json_text("{}")});
    snapshot.services["shop-canary"].exists = true;
    snapshot.services["shop-stable"].exists = true;
    snapshot.routers.push_back({.router = "gatewayAPI", .state = options_.router});
  }
  made.spec.strategy = std::move(strategy);
}

void World::release(const std::string& image) {
  rollout().spec.pod_template = make_template(image);
  ++rollout().meta.generation;
}

void World::promote() {
  crds::RolloutStatus& status = rollout().status;
  if (status.pause_conditions.empty())
    status.current_step_index = status.current_step_index.value_or(0) + 1;
  status.pause_conditions.clear();
}

void World::promote_full() {
  rollout().status.promote_full = true;
}

void World::abort() {
  rollout().status.abort = true;
}

void World::retry() {
  rollout().status.abort = false;
}

Plan World::reconcile() {
  Plan made = plan(snapshot);
  if (on_plan) on_plan(made);
  if (judges) check_plan(made);
  const bool healthy_before = judges && outage().empty();
  for (const Action& action : made.actions) {
    if (dies_now()) return made;
    if (routers_refuse && std::holds_alternative<SetTraffic>(action)) continue;
    if (runs_refused && std::holds_alternative<CreateAnalysisRun>(action)) break;
    if (judges) check_scale(action);
    if (judges) check_switch(action);
    const int64_t share = traffic_of(made.status.current_pod_hash);
    apply(action);
    INFO("after: " << to_string(action));
    if (!healthy_before) continue;
    CHECK(outage() == "");
    const bool promoted = made.status.stable_rs == made.status.current_pod_hash;
    if (promoted) CHECK(traffic_of(made.status.current_pod_hash) >= share);
  }
  if (dies_now()) return made;
  rollout().status = made.status;
  news.insert(news.end(), made.reasons.begin(), made.reasons.end());
  return made;
}

bool World::dies_now() {
  return writes++ == dies_at_write;
}

/// The canary Service changes its revision only while the routers confirm no traffic, unless
/// traffic goes back to the stable revision or cannot go anywhere else.
void World::check_switch(const Action& action) const {
  const auto* point = std::get_if<PointService>(&action);
  if (point == nullptr || point->name != "shop-canary") return;
  const bool idle = canary_weight() == 0 && snapshot.routers.front().state != RouterState::Pending;
  const bool same = snapshot.services.at("shop-canary").selector_hash == point->hash;
  const bool back = snapshot.services.at("shop-stable").selector_hash == point->hash;
  INFO(to_string(action));
  CHECK((idle || same || back || serving_behind("shop-stable") == 0));
}

void World::check_scale(const Action& action) const {
  const auto* patch = std::get_if<PatchReplicaSet>(&action);
  if (patch == nullptr || !patch->scale || !options_.routed) return;
  if (snapshot.rollout.spec.canary()->dynamic_stable_scale) return;
  const auto found = std::find_if(snapshot.replica_sets.begin(), snapshot.replica_sets.end(),
                                  [&](const ReplicaSet& rs) { return rs.name == patch->name; });
  REQUIRE(found != snapshot.replica_sets.end());
  if (found->hash() != snapshot.services.at("shop-stable").selector_hash) return;
  INFO(to_string(action));
  CHECK(patch->scale->to >= snapshot.rollout.spec.replicas.value_or(1));
}

void World::tick() {
  for (ReplicaSet& replica_set : snapshot.replica_sets) {
    const bool broken = std::any_of(broken_images.begin(), broken_images.end(),
                                    [&](const auto& i) { return uses_image(replica_set, i); });
    replica_set.replicas = replica_set.spec_replicas;
    replica_set.ready_replicas = broken ? 0 : replica_set.spec_replicas;
    replica_set.available_replicas = replica_set.ready_replicas;
  }
  for (RouterObservation& router : snapshot.routers)
    if (!routers_stuck && router.state == RouterState::Pending) router.state = options_.router;
  for (AnalysisRun& run : snapshot.analysis_runs) {
    if (crds::is_completed(run.phase)) continue;
    if (run.terminate) {
      run.phase = crds::AnalysisPhase::Successful;
    } else if (next_verdict != crds::AnalysisPhase::None) {
      run.phase = next_verdict;
      run.message = verdict_message;
    }
  }
  advance(std::chrono::seconds(1));
}

namespace {

/// What moves by itself on a tick.
std::vector<std::string> moving_parts(const Snapshot& snapshot) {
  std::vector<std::string> parts;
  for (const ReplicaSet& replica_set : snapshot.replica_sets) {
    parts.push_back(fmt::format("{} {} {}", replica_set.name, replica_set.replicas,
                                replica_set.available_replicas));
  }
  for (const RouterObservation& router : snapshot.routers)
    parts.push_back(fmt::format("{}", static_cast<int>(router.state)));
  for (const AnalysisRun& run : snapshot.analysis_runs)
    parts.push_back(fmt::format("{} {}", run.name, crds::to_string(run.phase)));
  return parts;
}

}  // namespace

void World::settle() {
  for (int round = 0; round < kRoundsMax; ++round) {
    const crds::RolloutStatus before = status();
    const Plan made = reconcile();
    const std::vector<std::string> parts = moving_parts(snapshot);
    tick();
    if (is_handing_over()) continue;
    if (made.actions.empty() && made.status == before && parts == moving_parts(snapshot)) return;
  }
  FAIL("the world does not settle: " << crds::to_string(status().phase) << " " << status().message);
}

void World::advance(Duration span) {
  snapshot.now += span;
}

const ReplicaSet* World::find_image(const std::string& image) const {
  for (const ReplicaSet& replica_set : snapshot.replica_sets)
    if (uses_image(replica_set, image)) return &replica_set;
  return nullptr;
}

ReplicaSet& World::revision(const std::string& image) {
  const ReplicaSet* found = find_image(image);
  REQUIRE(found != nullptr);
  return const_cast<ReplicaSet&>(*found);
}

std::string World::hash(const std::string& image) const {
  const ReplicaSet* found = find_image(image);
  return found == nullptr ? "" : found->hash();
}

int64_t World::canary_weight() const {
  return snapshot.routers.empty() ? 0 : snapshot.routers.front().canary_weight.value_or(-1);
}

bool World::was_told(std::string_view code) const {
  return std::any_of(news.begin(), news.end(), [&](const Reason& r) { return r.code == code; });
}

int64_t World::serving_behind(const std::string& service) const {
  if (!snapshot.services.at(service).exists) return 0;
  const std::string& wanted = snapshot.services.at(service).selector_hash;
  if (wanted.empty()) return std::numeric_limits<int64_t>::max();  // Whatever ran before serves.
  int64_t sum = 0;
  for (const ReplicaSet& replica_set : snapshot.replica_sets)
    if (replica_set.hash() == wanted) sum += serving(&replica_set);
  return sum;
}

int64_t World::traffic_of(const std::string& with_hash) const {
  if (snapshot.rollout.spec.blue_green())
    return snapshot.services.at("shop-active").selector_hash == with_hash ? 100 : 0;
  if (!options_.routed) return 0;
  int64_t share = 0;
  const auto selects = [&](const char* service) {
    return snapshot.services.at(service).selector_hash == with_hash;
  };
  if (selects("shop-canary")) share += std::max<int64_t>(canary_weight(), 0);
  if (selects("shop-stable")) share += 100 - std::max<int64_t>(canary_weight(), 0);
  return share;
}

bool World::is_handing_over() const {
  if (!options_.routed || canary_weight() <= 0) return false;
  const std::string& behind = snapshot.services.at("shop-canary").selector_hash;
  return behind == status().stable_rs &&
         behind == snapshot.services.at("shop-stable").selector_hash;
}

std::string World::outage() const {
  if (snapshot.rollout.spec.replicas == 0) return "";
  if (snapshot.rollout.spec.blue_green())
    return serving_behind("shop-active") == 0 ? "users have no pod" : "";
  if (!options_.routed || snapshot.routers.front().canary_weight == std::nullopt) return "";
  const int64_t weight = canary_weight();
  if (weight > 0 && serving_behind("shop-canary") == 0) return "canary traffic has no pod";
  if (weight < 100 && serving_behind("shop-stable") == 0) return "stable traffic has no pod";
  return "";
}

void World::check_plan(const Plan& made) const {
  if (made.wake_after) CHECK(*made.wake_after > Duration::zero());
  if (!options_.routed || !made.status.canary.weights) return;
  const crds::TrafficWeights& weights = *made.status.canary.weights;
  CHECK(weights.canary.weight + weights.stable.weight == 100);
  CHECK(weights.canary.weight >= 0);
  // Weight only where pods are: what the plan asks for, seen with the pods that it knew.
  if (weights.canary.weight == 0) return;
  CHECK(serving_behind("shop-canary") > 0);
  CHECK(weights.canary.pod_template_hash == snapshot.services.at("shop-canary").selector_hash);
}

World blue_green(crds::BlueGreenStrategy strategy) {
  World world({.replicas = 3, .routed = false});
  strategy.active_service = "shop-active";
  strategy.preview_service = "shop-preview";
  world.rollout().spec.strategy = std::move(strategy);
  for (const char* name : {"shop-active", "shop-preview"})
    world.snapshot.services[name].exists = true;
  world.settle();
  REQUIRE(world.status().phase == crds::RolloutPhase::Healthy);
  return world;
}

World deployed(bool routed, RouterState router) {
  World world({.replicas = 10, .routed = routed, .router = router, .steps = mission_steps()});
  world.settle();
  REQUIRE(world.status().phase == crds::RolloutPhase::Healthy);
  return world;
}

crds::Freeze freeze_of(const std::string& namespace_) {
  return {.namespace_ = namespace_,
          .by = "ann",
          .reason = "sale",
          .since = *parse_time("2026-11-20T08:00:00Z"),
          .problem = ""};
}

}  // namespace sluice::engine::test
