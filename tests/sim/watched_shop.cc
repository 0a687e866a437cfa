#include "tests/sim/watched_shop.h"

#include "crds/names.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::sim {

using namespace sluice::controller::test;

namespace {

constexpr int kReplicas = 4;

Role role_of(const Json& rollout) {
  const bool routed = find_path(rollout, "spec.strategy.canary.trafficRouting") != nullptr;
  return {.rollout = "shop",
          .stable_service = "shop-stable",
          .canary_service = "shop-canary",
          .route = routed ? "shop" : "",
          .active_service = "shop-active",
          .preview_service = "shop-preview"};
}

Json run_about(const std::string& hash) {
  Json run = Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
    "metadata": {"ownerReferences": [
      {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "shop", "uid": "x"}]},
    "spec": {"metrics": []}})");
  run["metadata"]["labels"][std::string(crds::kPodTemplateHashLabel)] = hash;
  return run;
}

}  // namespace

Json watched_steps() {
  return Json::array(
      {weight_step(10), pause_step(), weight_step(50), pause_step(5), analysis_step()});
}

Json watched_rollout(const Json& steps) {
  return shop_rollout(kReplicas, steps);
}

Json watched_rollout_without_routing() {
  Json rollout = watched_rollout();
  for (const char* routed_only :
       {"trafficRouting", "scaleDownDelaySeconds", "abortScaleDownDelaySeconds"})
    rollout["spec"]["strategy"]["canary"].erase(routed_only);
  return rollout;
}

Json watched_blue_green() {
  Json rollout = watched_rollout();
  rollout["spec"]["strategy"] = {{"blueGreen",
                                  {{"activeService", "shop-active"},
                                   {"previewService", "shop-preview"},
                                   {"autoPromotionEnabled", false},
                                   {"postPromotionAnalysis", analysis_step()["analysis"]},
                                   {"scaleDownDelaySeconds", 5},
                                   {"abortScaleDownDelaySeconds", 5}}}};
  return rollout;
}

WatchedShop::WatchedShop(const Json& rollout)
    : scene(deployed(rollout)), watch(scene, role_of(rollout)) {}

ControllerWorld& WatchedShop::deployed(const Json& rollout) {
  for (const char* service : {"shop-stable", "shop-canary", "shop-active", "shop-preview"})
    world.create(shop_service(service));
  for (const Json& object : {shop_route(), success_rate_template(), rollout}) world.create(object);
  world.start_controller();
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(10);
  return world;
}

void WatchedShop::update() {
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  leave();
}

void WatchedShop::move_to_half() {
  update();
  world.promote();
  scale("shop:v2", kReplicas / 2);
  settle();
  weigh(50, 50);
  CHECK(saw_nothing());
}

void WatchedShop::leave() {
  world.tick(2);
  world.stop_controller();
  CHECK(saw_nothing());
}

void WatchedShop::write(const std::string& kind, const std::string& name, const Json& merge_patch,
                        kube::Subresource subresource) {
  for (const auto& type : world.registry->types()) {
    if (type->kind != kind) continue;
    boost::asio::co_spawn(
        world.context,
        world.store->patch({type->gvk(), type->plural}, {"default", name}, kube::PatchType::Merge,
                           dump_json(merge_patch), {.subresource = subresource}),
        [](const std::exception_ptr&, const Result<kube::Object>& done) { CHECK(done); });
  }
  world.clock.settle();
}

void WatchedShop::write_status(const Json& status) {
  write("Rollout", "shop", {{"status", status}}, kube::Subresource::Status);
}

void WatchedShop::weigh(int stable, int canary) {
  Json rules = world.get("HTTPRoute", "shop")["spec"]["rules"];
  for (Json& rule : rules) {
    if (rule["backendRefs"].size() < 2) continue;
    rule["backendRefs"][0]["weight"] = stable;
    rule["backendRefs"][1]["weight"] = canary;
  }
  write("HTTPRoute", "shop", {{"spec", {{"rules", rules}}}});
}

void WatchedShop::select(const std::string& service, const std::string& hash) {
  write("Service", service, {{"spec", {{"selector", {{crds::kPodTemplateHashLabel, hash}}}}}});
}

void WatchedShop::scale(const std::string& image, int replicas) {
  const std::string name = string_at(world.revision(image), "metadata.name");
  write("ReplicaSet", name, {{"spec", {{"replicas", replicas}}}});
}

void WatchedShop::measure(const std::string& about, const std::string& measured) {
  Json run = run_about(about);
  run["metadata"]["name"] = "of-" + measured;
  run["spec"]["args"] = Json::array({{{"name", "hash"}, {"value", measured}}});
  for (const auto& type : world.registry->types()) {
    if (type->kind != "AnalysisRun") continue;
    boost::asio::co_spawn(
        world.context, world.store->create({type->gvk(), type->plural}, "default", dump_json(run)),
        [](const std::exception_ptr&, const Result<kube::Object>& done) { CHECK(done); });
  }
  world.clock.settle();
}

void WatchedShop::judge_bad(const std::string& hash) {
  Json run = run_about(hash);
  run["metadata"]["name"] = "verdict";
  run["status"]["phase"] = "Failed";
  world.create(run);
  pass(1);
}

void WatchedShop::freeze() {
  world.create({{"apiVersion", "v1"},
                {"kind", "ConfigMap"},
                {"metadata", {{"name", "sluice-freeze"}}},
                {"data", {{"reason", "the week of the sale"}}}});
}

void WatchedShop::thaw() {
  world.remove("ConfigMap", "sluice-freeze");
}

void WatchedShop::let_work(const std::string& image, int pods) {
  world.kubelet->available_max[image] = pods;
  world.kubelet->tick();
}

void WatchedShop::settle() {
  world.kubelet->tick();
  world.kubelet->tick();
  world.gateway->tick();
}

void WatchedShop::pass(int seconds) {
  world.clock.advance(std::chrono::seconds(seconds));
}

bool WatchedShop::saw(const std::string& part) const {
  for (const std::string& violation : watch.violations()) UNSCOPED_INFO(violation);
  return watch.violations().size() == 1 &&
         watch.violations().front().find(part) != std::string::npos;
}

}  // namespace sluice::sim
