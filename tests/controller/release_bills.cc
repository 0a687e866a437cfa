#include "tests/controller/release_bills.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <utility>

namespace sluice::controller::test {
namespace {

constexpr Duration kMoment = std::chrono::milliseconds(250);
constexpr Duration kLongest = std::chrono::minutes(5);
/// After the release nothing is left to write.
constexpr Duration kAftermath = std::chrono::minutes(1);

bool sets(const Json& object, std::string_view path) {
  const Json* value = find_path(object, path);
  return value != nullptr && !value->is_null() && !(value->is_array() && value->empty());
}

std::string cause_of_status(const Json& body) {
  using Cause = std::pair<std::string_view, std::string_view>;
  for (const auto& [field, cause] : {Cause{"status.abort", "an abort"},
                                     {"status.stableRS", "a promotion"},
                                     {"status.currentPodHash", "an update begins"},
                                     {"status.pauseConditions", "a pause begins"}})
    if (sets(body, field)) return std::string(cause);
  if (find_path(body, "status.currentStepIndex") != nullptr) return "a step ends";
  if (find_path(body, "status.pauseConditions") != nullptr) return "a pause ends";
  if (sets(body, "status.canary.weights")) return "weights";
  return "numbers of pods, and what is waited for";
}

std::string cause_of_replica_set(std::string_view verb, const Json& body) {
  if (verb == "create") return "a new revision";
  if (find_path(body, "spec.replicas") != nullptr) return "a size";
  const Json* annotations = find_path(body, "metadata.annotations");
  if (annotations != nullptr && annotations->contains("scale-down-deadline"))
    return "the delay of former pods";
  return "when it was promoted";
}

std::string cause_of(const FaultyStore::Write& write, const Json& body) {
  if (write.verb == "try") return "is the template taken?";
  if (write.subresource == kube::Subresource::Status) return cause_of_status(body);
  const std::string& kind = write.resource.gvk.kind;
  if (kind == "ReplicaSet") return cause_of_replica_set(write.verb, body);
  if (kind == "Rollout") return "the revision's number";
  if (kind == "Service") return "which revision it selects";
  return "a weight";
}

/// Lets the time go on moment by moment until the shop is healthy again, and a while longer.
Bill release_and_bill(ControllerWorld& world) {
  Bill bill;
  const SteadyTime begin = world.clock.steady_now();
  world.store->let_witness([&](const FaultyStore::Write& write) {
    const bool status = write.subresource == kube::Subresource::Status;
    const Json body = write.body.empty() ? Json() : Json::parse(write.body);
    bill.push_back({.kind = write.resource.gvk.kind + (status ? " status" : ""),
                    .name = write.name,
                    .cause = cause_of(write, body),
                    .at = world.clock.steady_now() - begin,
                    .body = write.body});
  });
  const auto pass_moment = [&world] {
    world.kubelet->tick();
    world.gateway->tick();
    world.clock.advance(kMoment);
  };
  world.release("shop:v2");
  while (world.phase() != "Healthy" || world.hash("shop:v2").empty()) {
    pass_moment();
    INFO(world.reasons());
    REQUIRE(world.clock.steady_now() - begin < kLongest);
  }
  const SteadyTime end = world.clock.steady_now() + kAftermath;
  while (world.clock.steady_now() < end) pass_moment();
  world.store->let_witness({});
  return bill;
}

/// A shop at rest, whose first revision was released by the same controller.
void deploy(ControllerWorld& world, Json rollout, const Json& strategy) {
  rollout["spec"]["strategy"] = strategy;
  for (const char* name : {"shop-stable", "shop-canary"}) world.create(shop_service(name));
  world.create(shop_ingress());
  world.create(rollout);
  world.start_controller();
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(60);
}

Json five_weights() {
  Json steps = Json::array();
  for (const int weight : {10, 30, 50, 80, 100}) {
    steps.push_back(weight_step(weight));
    steps.push_back(pause_step(3));
  }
  return steps;
}

}  // namespace

Bill bill_of_routed_canary() {
  ControllerWorld world;
  deploy(world, shop_rollout(5, Json::array()),
         {{"canary",
           {{"stableService", "shop-stable"},
            {"canaryService", "shop-canary"},
            {"scaleDownDelaySeconds", 5},
            {"trafficRouting", {{"nginx", {{"stableIngress", "web"}}}}},
            {"steps", five_weights()}}}});
  return release_and_bill(world);
}

Bill bill_of_blue_green() {
  ControllerWorld world;
  deploy(world, shop_rollout(3, Json::array()),
         {{"blueGreen",
           {{"activeService", "shop-stable"},
            {"previewService", "shop-canary"},
            {"autoPromotionSeconds", 3},
            {"scaleDownDelaySeconds", 5}}}});
  return release_and_bill(world);
}

Bill bill_of_plain_canary() {
  ControllerWorld world;
  const Json steps = Json::array({weight_step(20), pause_step(1), weight_step(50), pause_step(1)});
  deploy(world, shop_rollout(1, Json::array()), {{"canary", {{"steps", steps}}}});
  return release_and_bill(world);
}

std::string by_kind(const Bill& bill) {
  std::map<std::string, int> kinds;
  for (const BilledWrite& write : bill) ++kinds[write.kind];
  std::string text;
  for (const auto& [kind, count] : kinds)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kind, count);
  return text;
}

std::string repeated(const Bill& bill) {
  std::map<std::pair<std::string, std::string>, std::string> last;
  for (const BilledWrite& write : bill) {
    std::string& before = last[{write.kind, write.name}];
    if (before == write.body) return write.kind + " " + write.name + ": " + write.body;
    before = write.body;
  }
  return "";
}

std::string itemised(const Bill& bill) {
  std::map<std::pair<std::string, std::string>, int> items;
  for (const BilledWrite& write : bill) ++items[{write.kind, write.cause}];
  std::string text;
  for (const auto& [item, count] : items)
    text += fmt::format("{:>4}  {:<16}{}\n", count, item.first, item.second);
  return text + fmt::format("{:>4}  in all\n", bill.size());
}

}  // namespace sluice::controller::test
