// What a release costs the API server: each write of the controller, by kind.

#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <string>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

/// How often each kind of object was written to; "Rollout status" apart.
class Bill {
 public:
  explicit Bill(ControllerWorld& world) : world_(world) {
    world_.store->let_witness([this](const FaultyStore::Write& write) {
      const bool status = write.subresource == kube::Subresource::Status;
      ++items_[write.resource.gvk.kind + (status ? " status" : "")];
      REQUIRE(write.body != last_);
      last_ = write.body;
    });
  }

  ~Bill() { world_.store->let_witness({}); }

  Bill(const Bill&) = delete;
  Bill& operator=(const Bill&) = delete;

  /// "HTTPRoute 6, ReplicaSet 8, ..."
  std::string text() const {
    std::string text;
    for (const auto& [kind, count] : items_)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kind, count);
    return text;
  }

 private:
  ControllerWorld& world_;
  std::map<std::string, int> items_;
  std::string last_;
};

Json five_weights() {
  Json steps = Json::array();
  for (const int weight : {10, 30, 50, 80}) {
    steps.push_back(weight_step(weight));
    steps.push_back(pause_step(5));
  }
  return steps;
}

Json without_routing(Json rollout) {
  for (const char* field : {"trafficRouting", "stableService", "canaryService",
                            "scaleDownDelaySeconds", "abortScaleDownDelaySeconds"})
    rollout["spec"]["strategy"]["canary"].erase(field);
  return rollout;
}

}  // namespace

// Each of the five weights, 100 among them: one write of the route, and two of the status, of the
// weight that was asked for and of its confirmation. Each pause: one that it is over. A change of
// size: one write, and one of the counts where pods take longer than the pace of the status.
TEST_CASE("a routed canary of five weights is paid write by write") {
  ControllerWorld world;
  world.deploy_shop(5, five_weights());
  world.tick(10);
  Bill bill(world);
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(60);
  CHECK(bill.text() == "HTTPRoute 6, ReplicaSet 8, Rollout 1, Rollout status 18, Service 2");
}

/// A shop of one pod that is healthy: 20, pause, 50, pause, 100.
void deploy_plain_canary(ControllerWorld& world) {
  world.create(success_rate_template());
  world.create(without_routing(shop_rollout(
      1, Json::array({weight_step(20), pause_step(1), weight_step(50), pause_step(1)}))));
  world.start_controller();
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(10);
}

TEST_CASE("a canary without routing is paid write by write") {
  ControllerWorld world;
  deploy_plain_canary(world);
  Bill bill(world);
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(60);
  CHECK(bill.text() == "ReplicaSet 3, Rollout 1, Rollout status 5");
}

TEST_CASE("a release makes an event of each thing that somebody wants to be told") {
  ControllerWorld world;
  deploy_plain_canary(world);
  world.events.written.clear();
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Healthy"));
  world.tick(60);
  CHECK(world.events.written == std::vector<std::string>{"RolloutUpdated", "RolloutPaused",
                                                         "RolloutPaused", "RolloutCompleted"});
  CHECK(world.events.was_told("RolloutStepCompleted"));
}
