// Every way to wait that a plan can come to: what status.waitingFor and the message say.

#include "engine/waits.h"

#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;
using namespace std::chrono_literals;

namespace {

using crds::AnalysisPhase;

/// A way to wait: how it comes about after v1 was deployed, and what is told of it.
struct Way {
  std::string name;
  std::function<void(World&)> arrange;
  std::string_view reason;
  std::string object;   ///< "Kind/name"; "" for the Rollout itself.
  std::string message;  ///< Part of it.
  std::string observed;
  std::string wanted;
  bool timed = false;  ///< A next look is known.
};

World deployed_with(std::vector<crds::Step> steps) {
  World world({.replicas = 4, .routed = true, .steps = std::move(steps)});
  world.settle();
  return world;
}

/// A release whose pods do not come, and what was seen of them.
std::function<void(World&)> troubled(std::string_view reason, const std::string& message) {
  return [reason = std::string(reason), message](World& world) {
    world.broken_images = {"v2"};
    world.release("v2");
    world.reconcile();
    world.tick();
    world.snapshot.pod_troubles["shop-" + world.hash("v2")] = {reason, "shop-x", message};
  };
}

void release_until_run(World& world) {
  world.release("v2");
  for (int i = 0; i < 30 && world.snapshot.analysis_runs.empty(); ++i) {
    world.reconcile();
    world.tick();
  }
  REQUIRE(!world.snapshot.analysis_runs.empty());
  world.reconcile();
}

std::function<void(World&)> routers_say(RouterState state, const std::string& message) {
  return [state, message](World& world) {
    world.routers_stuck = true;
    world.release("v2");
    for (int i = 0; i < 20 && world.canary_weight() != 10; ++i) {
      world.reconcile();
      world.tick();
    }
    world.snapshot.routers[0].state = state;
    world.snapshot.routers[0].message = message;
    world.snapshot.routers[0].object = {"HTTPRoute", "shop"};
  };
}

void settle_release(World& world) {
  world.release("v2");
  world.settle();
}

std::vector<Way> ways_of_pods() {
  const std::string v2 = "ReplicaSet/v2";
  return {
      {"pods are coming", troubled(kPodsNotReady, "container shop runs and is not ready"),
       kPodsNotReady, v2, "pod shop-x: container shop runs and is not ready; 0 of 1 pods",
       "0 available", "1 available"},
      {"no pod was looked at",
       [](World& world) {
         world.broken_images = {"v2"};
         settle_release(world);
       },
       kWaitingForPods, v2, "0 of 1 pods of revision 2 are available", "0 available",
       "1 available"},
      {"an image is not there",
       troubled(kImageNotPulled, "the image shop:v9 of container shop cannot be pulled: not found"),
       kImageNotPulled, v2, "shop:v9 of container shop cannot be pulled: not found; 0 of 1",
       "0 available", "1 available"},
      {"a crash loop", troubled(kPodsCrash, "container shop ended with exit code 1, 4 restarts"),
       kPodsCrash, v2, "exit code 1, 4 restarts", "0 available", "1 available"},
      {"no node", troubled(kPodsUnschedulable, "no node takes it: 0/3 nodes are available"),
       kPodsUnschedulable, v2, "0/3 nodes", "0 available", "1 available"},
      {"a quota",
       [](World& world) {
         troubled(kPodsCrash, "is older news")(world);
         world.revision("v2").failure = "exceeded quota: pods";
       },
       kPodsRefused, v2, "exceeded quota: pods: 0 of 1", "0 available", "1 available"},
  };
}

std::vector<Way> ways_of_routers() {
  return {
      {"the route is missing",
       routers_say(RouterState::Error, "HTTPRoute default/shop does not exist"),
       kTrafficRoutingError, "HTTPRoute/shop", "HTTPRoute default/shop does not exist",
       "weight 10, not confirmed", "weight 10"},
      {"the gateway refuses the route",
       routers_say(RouterState::Error, "the gateway says ResolvedRefs=False: no such Service"),
       kTrafficRoutingError, "HTTPRoute/shop", "ResolvedRefs=False: no such Service",
       "weight 10, not confirmed", "weight 10"},
      {"the gateway has not followed",
       routers_say(RouterState::Pending, "no gateway has accepted the route yet"),
       kWaitingForTraffic, "HTTPRoute/shop",
       "the routers have not confirmed that weight 10 goes to revision 2: no gateway has accepted",
       "weight 10, not confirmed", "weight 10"},
  };
}

std::vector<Way> ways_of_people() {
  return {
      {"a pause without end", settle_release, kWaitingForPromotion, "", "until somebody promotes",
       "", ""},
      {"a freeze",
       [](World& world) {
         settle_release(world);
         world.snapshot.freezes = {freeze_of("kube-system")};
       },
       kFrozen, "ConfigMap/kube-system/sluice-freeze",
       "frozen by ann since 2026-11-20T08:00:00Z (all namespaces): sale", "a freeze", "no freeze"},
      {"a hold",
       [](World& world) {
         settle_release(world);
         world.rollout().spec.paused = true;
       },
       kPausedByUser, "", "spec.paused is set", "", ""},
      {"a held rollout at rest", [](World& world) { world.rollout().spec.paused = true; },
       kPausedByUser, "", "spec.paused is set", "", ""},
  };
}

std::vector<Way> ways_back() {
  return {
      {"an abort",
       [](World& world) {
         settle_release(world);
         world.abort();
         world.settle();
       },
       kWaitingForRetry, "", "aborted: waits for a retry or for another revision", "", ""},
      {"an abort whose stable revision is down",
       [](World& world) {
         settle_release(world);
         world.broken_images = {"v1"};
         world.tick();
         world.abort();
         world.reconcile();
         world.snapshot.pod_troubles["shop-" + world.hash("v1")] = {
             std::string(kPodsCrash), "shop-y", "container shop ended with exit code 1"};
       },
       kStableLacksCapacity, "ReplicaSet/v1",
       "canary weight stays at 10 instead of 0: pod shop-y: container shop ended with exit code 1",
       "weight 10", "weight 0"},
      {"a spec that is refused",
       [](World& world) {
         world.snapshot.problems = {{"spec.template.spec.containers[0].image", "Required value"}};
       },
       kInvalidSpec, "", "spec.template.spec.containers[0].image: Required value", "Required value",
       "a valid spec.template.spec.containers[0].image"},
  };
}

std::vector<Way> ways_of_analyses() {
  const auto reading = [](AnalysisReading now) {
    return [now](World& world) {
      release_until_run(world);
      world.snapshot.analysis_runs[0].phase = AnalysisPhase::Running;
      world.snapshot.analysis_runs[0].reading = now;
    };
  };
  return {
      {"an analysis under way",
       reading({.observed = "error-rate 0.0243",
                .wanted = "limit 0.01",
                .text = "error-rate 0.0243, limit 0.01 (2 good, 1 bad)"}),
       kWaitingForAnalysis, "AnalysisRun/", "is Running: error-rate 0.0243, limit 0.01 (2 good",
       "error-rate 0.0243", "limit 0.01"},
      {"no data",
       reading({.observed = "error-rate",
                .wanted = "limit 0.01",
                .text = "error-rate: no data yet: the answer is empty",
                .without_data = true}),
       kAnalysisWithoutData, "AnalysisRun/", "no data yet: the answer is empty", "error-rate",
       "limit 0.01"},
      {"the source is away",
       reading({.observed = "error-rate", .text = "error-rate: refused", .unobservable = true}),
       kAnalysisUnobservable, "AnalysisRun/", "error-rate: refused", "error-rate", ""},
      {"an inconclusive verdict",
       [](World& world) {
         release_until_run(world);
         world.snapshot.analysis_runs[0].phase = AnalysisPhase::Inconclusive;
         world.snapshot.analysis_runs[0].message = "is undecided";
       },
       kInconclusiveRun, "AnalysisRun/",
       "is undecided: promote passes it over, retry asks again, abort reverts", "", ""},
      {"a run that is refused",
       [](World& world) {
         world.runs_refused = true;
         world.release("v2");
         for (int i = 0; i < 20; ++i) {
           world.reconcile();
           world.tick();
         }
       },
       kWaitingForAnalysis, "", "the step analysis run is not yet there", "", ""},
  };
}

/// "ReplicaSet/v2" means the one of that image.
std::string object_text(const World& world, const crds::ObjectName& object) {
  if (object.kind.empty()) return "";
  for (const char* image : {"v1", "v2"})
    if (object.name == "shop-" + world.hash(image)) return object.kind + "/" + image;
  return object.kind + "/" + object.name;
}

void check(World& world, const Way& way) {
  INFO(way.name);
  way.arrange(world);
  const Plan made = world.reconcile();
  REQUIRE(!made.status.waiting_for.empty());
  const crds::Wait& wait = made.status.waiting_for.front();
  INFO(wait.reason << ": " << wait.message);
  CHECK(wait.reason == way.reason);
  CHECK(object_text(world, wait.object).starts_with(way.object));
  CHECK(wait.object.kind.empty() == way.object.empty());
  CHECK(wait.message.find(way.message) != std::string::npos);
  CHECK(wait.observed == way.observed);
  CHECK(wait.wanted == way.wanted);
  CHECK(wait.next_look.has_value() == way.timed);
  CHECK(wait.since <= world.snapshot.now);
  INFO(made.status.message);
  const bool told = made.status.message.find(wait.message) != std::string::npos;
  // A word of the API stands for these, and the abort itself for its retry.
  const bool by_word = wait.reason == kPausedByUser || wait.reason == kWaitingForRetry;
  CHECK((told || by_word));
}

const crds::Wait* find(const crds::RolloutStatus& status, std::string_view reason) {
  const auto found = std::find_if(status.waiting_for.begin(), status.waiting_for.end(),
                                  [&](const auto& wait) { return wait.reason == reason; });
  return found == status.waiting_for.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("every way to wait is told with its object, what is observed and what is wanted") {
  for (const auto& ways : {ways_of_pods(), ways_of_routers(), ways_of_people(), ways_back()}) {
    for (const Way& way : ways) {
      World world = deployed();
      check(world, way);
    }
  }
  for (const Way& way : ways_of_analyses()) {
    World world = deployed_with({set_weight(50), analysis()});
    check(world, way);
  }
}

TEST_CASE("a wait with an end says when") {
  World world = deployed_with({set_weight(50), pause_step(30s), set_weight(80)});
  world.release("v2");
  for (int i = 0; i < 20 && find(world.status(), kWaitingForPause) == nullptr; ++i) {
    world.reconcile();
    world.tick();
  }
  const crds::Wait* pause = find(world.status(), kWaitingForPause);
  REQUIRE(pause != nullptr);
  REQUIRE(pause->next_look);
  CHECK(pause->message == "until " + format_time(*pause->next_look));
  CHECK(world.status().message == "CanaryPauseStep: " + pause->message);
  CHECK(*pause->next_look - world.status().pause_conditions.front().start_time == 30s);
}

TEST_CASE("an old revision that is kept for a while says until when, and nothing is held up") {
  World world = deployed_with({set_weight(50)});
  world.release("v2");
  const crds::Wait* kept = nullptr;
  for (int i = 0; i < 60 && kept == nullptr; ++i) {
    world.reconcile();
    world.tick();
    kept = find(world.status(), kWaitingForOldPods);
  }
  REQUIRE(kept != nullptr);
  CHECK(kept->next_look);
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.status().message.empty());
}

TEST_CASE("what is waited for is the inconclusive run, whichever pause began before it") {
  World world = deployed_with({set_weight(50), pause_step(10s), set_weight(80)});
  world.canary().analysis =
      crds::BackgroundAnalysis{std::get<crds::AnalysisStep>(analysis()).analysis, 0};
  world.release("v2");
  for (int i = 0; i < 20 && world.status().pause_conditions.empty(); ++i) {
    world.reconcile();
    world.tick();
  }
  REQUIRE(world.status().pause_conditions.size() == 1);
  world.snapshot.analysis_runs.at(0).phase = AnalysisPhase::Inconclusive;
  world.reconcile();
  world.advance(1h);
  world.reconcile();
  CHECK(world.status().pause_conditions.front().reason == kCanaryPauseStep);
  CHECK(world.status().message.starts_with("InconclusiveAnalysisRun: shop-"));
  CHECK(find(world.status(), kWaitingForPause) == nullptr);
}

TEST_CASE("the deadline says what was waited for") {
  World world = deployed();
  world.rollout().spec.progress_deadline_seconds = 60;
  troubled(kImageNotPulled, "the image shop:v9 cannot be pulled")(world);
  world.reconcile();
  world.advance(2min);
  world.reconcile();
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  CHECK(world.status().message.starts_with("ProgressDeadlineExceeded: "));
  CHECK(world.status().message.find("ImageNotPulled: pod shop-x: the image shop:v9") !=
        std::string::npos);
}

TEST_CASE("a verdict is told with its value against the limit") {
  World world = deployed_with({set_weight(50), analysis()});
  release_until_run(world);
  AnalysisRun& run = world.snapshot.analysis_runs[0];
  run.phase = AnalysisPhase::Failed;
  run.message = "Metric \"error-rate\" assessed Failed due to failed (1) > failureLimit (0)";
  run.reading.text = "error-rate 0.0243, limit 0.01 (0 good, 1 bad)";
  world.reconcile();
  CHECK(world.status().message.find("failureLimit (0): error-rate 0.0243, limit 0.01") !=
        std::string::npos);
}

TEST_CASE("a wait keeps its time while it goes on, and the status is not written by each plan") {
  World world = deployed();
  world.broken_images = {"v2"};
  world.release("v2");
  world.settle();
  const crds::RolloutStatus before = world.status();
  REQUIRE(!before.waiting_for.empty());
  for (int i = 0; i < 3; ++i) {
    world.advance(7s);
    CHECK(world.reconcile().status == before);
  }
}

TEST_CASE("where the API forgets what is waited for, nothing else changes") {
  World world = deployed();
  world.broken_images = {"v2"};
  world.release("v2");
  world.settle();
  const crds::RolloutStatus before = world.status();
  world.rollout().status.waiting_for.clear();
  world.advance(5s);
  Plan made = plan(world.snapshot);
  REQUIRE(made.status.waiting_for.size() == before.waiting_for.size());
  made.status.waiting_for = before.waiting_for;
  CHECK(made.status == before);
  CHECK(made.actions.empty());
}
