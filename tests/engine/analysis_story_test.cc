#include "crds/names.h"
#include "engine/reasons.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;
using crds::AnalysisPhase;

namespace {

constexpr const char* kVerdict =
    "Metric \"success-rate\" assessed Failed due to failed (1) > failureLimit (0)";

World at_analysis(bool background = false) {
  World world(
      {.replicas = 10, .steps = {set_weight(10), analysis(), set_weight(50), pause_step()}});
  if (background) {
    world.canary().steps = {set_weight(10), pause_step(), set_weight(50), pause_step()};
    world.canary().analysis.emplace();
    world.canary().analysis->starting_step = 1;
    world.canary().analysis->analysis.templates.push_back({"success-rate", false});
  }
  world.settle();
  world.release("v2");
  world.settle();
  return world;
}

size_t count_runs(const World& world) {
  return world.snapshot.analysis_runs.size();
}

}  // namespace

TEST_CASE("a step analysis is created with all that tells where it belongs") {
  World world = at_analysis();
  REQUIRE(count_runs(world) == 1);
  const AnalysisRun& run = world.snapshot.analysis_runs.front();
  CHECK(run.name == "shop-" + world.hash("v2") + "-2-1");
  CHECK(run.label(crds::kRolloutTypeLabel) == "Step");
  CHECK(run.label(crds::kStepIndexLabel) == "1");
  CHECK(run.label(crds::kPodTemplateHashLabel) == world.hash("v2"));
  CHECK(run.label("app") == "shop");
  CHECK(run.annotation(crds::kRunRevisionAnnotation) == "2");
  REQUIRE(world.status().canary.current_step_analysis_run);
  CHECK(world.status().canary.current_step_analysis_run->name == run.name);
  CHECK(world.status().phase == crds::RolloutPhase::Progressing);
}

TEST_CASE("a successful step analysis lets the rollout go on") {
  World world = at_analysis();
  world.next_verdict = AnalysisPhase::Successful;
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.canary_weight() == 50);
  CHECK_FALSE(world.status().canary.current_step_analysis_run);
}

TEST_CASE("each analysis step has a run of its own") {
  World world = deployed();
  world.canary().steps = {set_weight(10), analysis(), analysis(), pause_step()};
  world.release("v2");
  world.settle();
  world.next_verdict = AnalysisPhase::Successful;
  world.tick();
  world.next_verdict = AnalysisPhase::None;
  world.settle();
  CHECK(world.status().current_step_index == 2);
  REQUIRE(count_runs(world) == 2);
  CHECK(world.snapshot.analysis_runs.back().label(crds::kStepIndexLabel) == "2");
  world.next_verdict = AnalysisPhase::Successful;
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(count_runs(world) == 2);
}

TEST_CASE("a failed analysis takes the traffic back in the same plan") {
  const bool background = GENERATE(false, true);
  World world = at_analysis(background);
  REQUIRE(count_runs(world) == 1);
  world.snapshot.analysis_runs.front().phase =
      GENERATE(AnalysisPhase::Failed, AnalysisPhase::Error);
  world.snapshot.analysis_runs.front().message = kVerdict;
  const Plan made = world.reconcile();
  REQUIRE(std::holds_alternative<SetTraffic>(made.actions.front()));
  CHECK(world.canary_weight() == 0);
  CHECK(world.status().abort);
  CHECK(world.status().phase == crds::RolloutPhase::Degraded);
  CHECK(world.status().message ==
        std::string("RolloutAborted: Rollout aborted update to revision 2: ") +
            (background ? "Background" : "Step-based") +
            " analysis phase error/failed: " + kVerdict);
  const std::string message = world.status().message;
  world.settle();
  CHECK(world.status().message == message);

  SECTION("a retry asks again, and the old verdict does not count") {
    world.advance(std::chrono::seconds(5));
    world.retry();
    world.settle();
    CHECK_FALSE(world.status().abort);
    CHECK(count_runs(world) == 2);
    CHECK(world.snapshot.analysis_runs.back().name ==
          world.snapshot.analysis_runs.front().name + ".1");
  }
}

TEST_CASE("a verdict takes the traffic back although the spec has become invalid") {
  World world = at_analysis();
  world.snapshot.problems = {{"spec.strategy.canary.steps[1].analysis", "template is gone"}};
  world.reconcile();
  REQUIRE(world.canary_weight() == 10);
  world.snapshot.analysis_runs.front().phase = AnalysisPhase::Failed;
  world.reconcile();
  CHECK(world.canary_weight() == 0);
  CHECK(world.status().abort);
  world.snapshot.problems.clear();
  world.settle();
  CHECK(world.status().message.find("RolloutAborted: ") == 0);
}

TEST_CASE("an inconclusive analysis pauses until somebody answers") {
  World world = at_analysis();
  world.next_verdict = AnalysisPhase::Inconclusive;
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(world.status().message.starts_with("InconclusiveAnalysisRun: shop-"));
  CHECK(world.canary_weight() == 10);
  world.next_verdict = AnalysisPhase::None;
  SECTION("resume asks again") {
    world.rollout().status.pause_conditions.clear();
    world.settle();
    CHECK(count_runs(world) == 2);
    CHECK(world.status().current_step_index == 1);
    CHECK(world.status().phase == crds::RolloutPhase::Progressing);
    world.next_verdict = AnalysisPhase::Successful;
    world.settle();
    CHECK(world.canary_weight() == 50);
  }
  SECTION("promote skips the step") {
    world.rollout().status.pause_conditions.clear();
    world.rollout().status.controller_pause = false;
    world.rollout().status.current_step_index = 2;
    world.settle();
    CHECK(world.canary_weight() == 50);
    CHECK(count_runs(world) == 1);
  }
}

TEST_CASE("a run that is inconclusive before the status knows of it is asked about, not replaced") {
  World world = deployed();
  world.canary().steps = {set_weight(10), analysis(), set_weight(50), pause_step()};
  world.canary().steps_text = make_json_text("[4]");
  world.settle();
  world.release("v2");
  world.next_verdict = AnalysisPhase::Inconclusive;
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
  CHECK(count_runs(world) == 1);
}

TEST_CASE("a background analysis runs from its step to the end") {
  World world = at_analysis(true);
  REQUIRE(count_runs(world) == 1);
  const std::string name = world.snapshot.analysis_runs.front().name;
  CHECK(name == "shop-" + world.hash("v2") + "-2");
  world.promote();
  world.settle();
  CHECK(world.canary_weight() == 50);
  CHECK(count_runs(world) == 1);
  CHECK_FALSE(world.snapshot.analysis_runs.front().terminate);
  world.promote();
  world.settle();
  CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  CHECK(world.snapshot.analysis_runs.front().terminate);
  CHECK_FALSE(world.status().canary.current_background_analysis_run);
}

TEST_CASE("where a run cannot be created no step ends, and the deadline counts") {
  const bool background = GENERATE(false, true);
  World world = deployed();
  world.rollout().spec.progress_deadline_seconds = 60;
  world.rollout().spec.progress_deadline_abort = true;
  world.canary().steps = {set_weight(10), analysis(), set_weight(50)};
  if (background) {
    world.canary().steps = {set_weight(10), set_weight(50)};
    world.canary().analysis.emplace();
    world.canary().analysis->analysis.templates.push_back({"success-rate", false});
  }
  world.runs_refused = true;
  world.release("v2");
  for (int i = 0; i < 20; ++i) {
    world.reconcile();
    world.tick();
  }
  CHECK(world.canary_weight() == 10);
  CHECK(world.status().current_step_index == (background ? 0 : 1));
  CHECK_FALSE(world.status().canary.current_background_analysis_run);
  CHECK_FALSE(world.status().canary.current_step_analysis_run);
  SECTION("once it can the release goes on") {
    world.runs_refused = false;
    world.next_verdict = AnalysisPhase::Successful;
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  }
  SECTION("the deadline ends it") {
    world.advance(std::chrono::seconds(61));
    world.settle();
    CHECK(world.status().abort);
    CHECK(world.canary_weight() == 0);
  }
}

TEST_CASE("a first step that needs no pods is not passed before the background run is there") {
  World world = deployed(GENERATE(true, false));
  const crds::Step first = GENERATE(
      values<crds::Step>({set_weight(0), pause_step(), pause_step(std::chrono::seconds(1)),
                          crds::SetCanaryScaleStep{.replicas = 0},
                          crds::SetHeaderRouteStep{"testers", {{"x-tester", {.exact = "yes"}}}}}));
  world.canary().steps = {first, set_weight(10), pause_step()};
  world.canary().analysis.emplace();
  world.canary().analysis->analysis.templates.push_back({"success-rate", false});
  world.settle();
  world.runs_refused = true;
  world.news.clear();
  world.release("v2");
  for (int i = 0; i < 20; ++i) {
    world.reconcile();
    world.tick();
  }
  CHECK(world.status().current_step_index == 0);
  CHECK(world.status().pause_conditions.empty());
  CHECK_FALSE(world.was_told(kRolloutStepCompleted));
  world.runs_refused = false;
  world.settle();
  CHECK(count_runs(world) == 1);
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
}

TEST_CASE("neither a later step nor the promotion goes before the background run is there") {
  World world = deployed(GENERATE(true, false));
  using Steps = std::vector<crds::Step>;
  world.canary().steps =
      GENERATE(Steps{set_weight(10), set_weight(10), pause_step()}, Steps{set_weight(100)});
  world.canary().analysis.emplace();
  world.canary().analysis->starting_step = 1;
  world.canary().analysis->analysis.templates.push_back({"success-rate", false});
  world.settle();
  world.runs_refused = true;
  world.release("v2");
  for (int i = 0; i < 20; ++i) {
    world.reconcile();
    world.tick();
  }
  CHECK(world.status().current_step_index == 1);
  CHECK(world.status().stable_rs == world.hash("v1"));
  world.runs_refused = false;
  world.settle();
  CHECK(count_runs(world) == 1);
  CHECK((world.status().current_step_index == 2 || world.status().stable_rs == world.hash("v2")));
}

TEST_CASE("runs end with what they judged") {
  World world = at_analysis();
  SECTION("abort") {
    world.abort();
  }
  SECTION("a new revision") {
    world.release("v3");
  }
  SECTION("promote --full") {
    world.promote_full();
  }
  world.reconcile();
  CHECK(world.snapshot.analysis_runs.front().terminate);
}

TEST_CASE("a run that was told to end is not taken up again when its pods come back") {
  World world = at_analysis(GENERATE(false, true));
  REQUIRE(count_runs(world) == 1);
  const AnalysisPhase early = GENERATE(AnalysisPhase::Successful, AnalysisPhase::Inconclusive);
  world.judges = false;
  std::erase_if(world.snapshot.replica_sets,
                [&](const ReplicaSet& set) { return set.hash() == world.hash("v2"); });
  world.reconcile();
  REQUIRE(world.snapshot.analysis_runs.front().terminate);
  world.reconcile();
  world.snapshot.analysis_runs.front().phase = early;
  world.settle();
  CHECK(count_runs(world) == 2);
  CHECK_FALSE(world.snapshot.analysis_runs.back().terminate);
  CHECK(world.status().message != kInconclusiveRun);
  CHECK(world.status().current_step_index == 1);
}

TEST_CASE("a run that was created just before the process died is found again") {
  World world({.replicas = 10, .steps = {set_weight(10), analysis(), pause_step()}});
  world.settle();
  world.release("v2");
  for (int round = 0; round < 20 && count_runs(world) == 0; ++round) {
    world.dies_at_write = world.writes + plan(world.snapshot).actions.size();  // At the status.
    world.reconcile();
    if (count_runs(world) == 0) world.reconcile();
    world.tick();
  }
  REQUIRE(count_runs(world) == 1);
  REQUIRE_FALSE(world.status().canary.current_step_analysis_run);
  world.snapshot.analysis_runs.front().phase = AnalysisPhase::Successful;
  world.settle();
  CHECK(count_runs(world) == 1);
  CHECK(world.status().phase == crds::RolloutPhase::Paused);
}

TEST_CASE("hashes are put in for the run's arguments") {
  World world({.replicas = 2, .steps = {set_weight(50), analysis()}});
  auto& args = std::get<crds::AnalysisStep>(world.canary().steps[1]).analysis.args;
  args.push_back(
      {.name = "stable", .value_from = crds::ArgumentSource{.pod_template_hash = "Stable"}});
  args.push_back(
      {.name = "latest", .value_from = crds::ArgumentSource{.pod_template_hash = "Latest"}});
  args.push_back(
      {.name = "ns", .value_from = crds::ArgumentSource{.field_path = "metadata.namespace"}});
  world.settle();
  world.release("v2");
  std::optional<CreateAnalysisRun> created;
  for (int i = 0; i < 20 && !created; ++i) {
    for (const Action& action : world.reconcile().actions)
      if (const auto* create = std::get_if<CreateAnalysisRun>(&action)) created = *create;
    world.tick();
  }
  REQUIRE(created);
  CHECK(created->analysis.args[0].value == world.hash("v1"));
  CHECK(created->analysis.args[1].value == world.hash("v2"));
  CHECK_FALSE(created->analysis.args[2].value);
  CHECK(created->analysis.args[2].value_from->field_path == "metadata.namespace");
}

TEST_CASE("no analysis for the first deployment, and old runs go") {
  World world({.replicas = 1, .steps = {analysis()}});
  world.next_verdict = AnalysisPhase::Successful;
  world.rollout().spec.successful_run_history_limit = 2;
  world.settle();
  CHECK(count_runs(world) == 0);
  for (const char* image : {"v2", "v3", "v4", "v5"}) {
    world.release(image);
    world.settle();
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
  }
  CHECK(count_runs(world) == 2);
}
