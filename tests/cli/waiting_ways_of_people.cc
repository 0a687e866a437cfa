#include "tests/cli/waiting_ways.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>

namespace sluice::cli::test {

using namespace controller::test;

namespace {

/// Releases shop:v2, of which so many requests are good.
std::function<void(ControllerWorld&)> measured(double rate) {
  return [rate](ControllerWorld& world) {
    world.success_rate = [rate](const std::string&) { return rate; };
    world.release("shop:v2");
  };
}

}  // namespace

std::vector<Way> ways_of_analyses() {
  const Json steps = steps_with(analysis_step());
  return {
      {"analysis under way",
       steps,
       measured(0.99),
       {"Progressing - step analysis run shop-",
        " is Running: success-rate 0.99, at least 0.95 (1 good, 0 bad)\n",
        "  WaitingForAnalysis AnalysisRun/shop-",
        "observed success-rate 0.99, wanted at least 0.95"}},
      {"no data",
       steps,
       measured(std::nan("")),
       {"Progressing - step analysis run shop-",
        "success-rate: no data yet: ", "\n  AnalysisWithoutData AnalysisRun/shop-"}},
      {"a source that is away",
       steps,
       [](ControllerWorld& world) {
         world.success_rate = [](const std::string&) -> Result<double> {
           return fail(unavailable("connection refused"));
         };
         world.release("shop:v2");
       },
       {"Progressing - step analysis run shop-", "success-rate: connection refused",
        "\n  AnalysisUnobservable AnalysisRun/shop-"}},
  };
}

std::vector<Way> ways_of_verdicts() {
  const Json steps = steps_with(analysis_step());
  return {
      {"a bad verdict",
       steps,
       measured(0.5),
       {"Degraded - RolloutAborted: Rollout aborted update to revision 2: ",
        "failureLimit (0): success-rate 0.5, at least 0.95 (0 good, 1 bad)",
        "\n  WaitingForRetry since "}},
      {"an inconclusive verdict",
       steps,
       [](ControllerWorld& world) {
         measured(std::nan(""))(world);
         world.tick(240);
       },
       {"Paused - InconclusiveAnalysisRun: shop-", "due to no data for 3m0s",
        "promote passes it over, retry asks again, abort reverts",
        "\n  InconclusiveAnalysisRun AnalysisRun/shop-"}},
      {"a bad verdict that reverts nothing",
       steps,
       [](ControllerWorld& world) {
         world.patch("Rollout", "shop", {{"spec", {{"onFailure", "pause"}}}});
         measured(0.5)(world);
       },
       {"Paused - FailedAnalysisRun: shop-", "\n  FailedAnalysisRun AnalysisRun/shop-"}},
  };
}

std::vector<Way> ways_of_people() {
  return {
      {"a pause without end",
       steps_with(pause_step()),
       release,
       {"Paused - CanaryPauseStep: until somebody promotes\n", "  WaitingForPromotion since "}},
      {"a pause",
       steps_with(pause_step(600)),
       release,
       {"Paused - CanaryPauseStep: until 20", "\n  WaitingForPause since ", ": next look 20"}},
      {"a hold",
       steps_with(pause_step(600)),
       [](ControllerWorld& world) {
         world.patch("Rollout", "shop", {{"spec", {{"paused", true}}}});
       },
       {"Paused - manually paused\n", "  PausedByUser since ", "spec.paused is set: no step ends"}},
      {"a freeze",
       steps_with(pause_step()),
       [](ControllerWorld& world) {
         world.create(Json::parse(R"({"apiVersion": "v1", "kind": "ConfigMap",
           "metadata": {"name": "sluice-freeze", "namespace": "default"},
           "data": {"by": "ann", "reason": "the sale"}})"));
         world.release("shop:v2");
       },
       {"Paused - frozen by ann since 20", ": the sale\n",
        "  Frozen ConfigMap/sluice-freeze since ", "observed a freeze, wanted no freeze"}},
      {"an abort",
       steps_with(pause_step()),
       [](ControllerWorld& world) {
         world.release("shop:v2");
         REQUIRE(world.run_until_phase("Paused"));
         world.abort();
       },
       {"Degraded - RolloutAborted: Rollout aborted update to revision 2\n",
        "WaitingForRetry since ", "aborted: waits for a retry or for another revision"}},
  };
}

std::vector<Way> ways_of_controllers() {
  return {
      {"no controller",
       steps_with(pause_step()),
       [](ControllerWorld& world) {
         world.stop_controller();
         world.release("shop:v2");
       },
       {"Progressing - no controller has seen generation 2 of rollout \"shop\" (seen 1)",
        "\n  NoController: observed generation 1, wanted generation 2"}},
      {"a controller that is gone",
       steps_with(pause_step(20)),
       [](ControllerWorld& world) {
         world.release("shop:v2");
         REQUIRE(world.run_until_phase("Paused"));
         world.stop_controller();
         world.tick(120);
       },
       {"Paused - no controller looked at 20", "when it was due: is one running?",
        "\n  NoController since 20", "\n  WaitingForPause since "}},
      {"a controller that stands by",
       steps_with(pause_step()),
       [](ControllerWorld& world) {
         world.stop_controller();
         world.create(Json::parse(R"({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
           "metadata": {"name": "sluice-controller", "namespace": "default",
                        "labels": {"app.kubernetes.io/name": "sluice"}},
           "spec": {"holderIdentity": "pod-7", "renewTime": "2026-01-01T00:00:00.000000Z"}})"));
         world.release("shop:v2");
       },
       {"Progressing - no controller has seen generation 2",
        "\n  NoController: ", "\n  Leases: default/sluice-controller is held by pod-7, renewed "}},
  };
}

std::vector<Way> ways_of_rivals() {
  return {
      {"somebody who undoes the routes",
       steps_with(pause_step()),
       [](ControllerWorld& world) {
         const Json before = world.get("HTTPRoute", "shop")["spec"];
         world.release("shop:v2");
         REQUIRE(world.run_until_phase("Paused"));
         for (int second = 0; second < 12; ++second) {
           world.patch("HTTPRoute", "shop", {{"spec", before}});
           world.tick();
         }
       },
       {"Paused - CanaryPauseStep: ",
        "; WritesContested: the routes: somebody else undoes what this Sluice writes",
        "\n  WritesContested since "}},
      {"another engine",
       steps_with(pause_step()),
       [](ControllerWorld& world) {
         for (const char* message : {"a", "b", "c", "d"}) {
           world.patch_status({{"phase", "Progressing"}, {"message", message}});
           world.tick();
         }
         world.release("shop:v2");
       },
       {"Paused - CanaryPauseStep: ",
        "; SecondController: another controller writes the status of this Rollout too",
        "\n  SecondController Rollout/shop since "}},
  };
}

}  // namespace sluice::cli::test
