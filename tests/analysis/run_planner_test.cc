#include "analysis/run_planner.h"

#include "tests/analysis/metric_builders.h"

#include <catch2/catch.hpp>

#include <vector>

namespace sluice::analysis {
namespace {

using crds::AnalysisPhase;
using Due = std::vector<size_t>;

TEST_CASE("a new run starts and measures what has no delay", "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a"), make_metric("b")});
  run.spec.metrics[1].initial_delay = "20s";
  const auto metrics = prepare(run);
  const RunPlan plan = plan_run(run, metrics, {}, after(0));
  CHECK(plan.status.phase == AnalysisPhase::Running);
  CHECK(plan.status.started_at == after(0));
  CHECK(plan.status.metric_results.size() == 2);
  CHECK(plan.status.metric_results[1].phase == AnalysisPhase::Pending);
  CHECK(plan.due == Due{0});
  CHECK(plan.wake_at == after(20));
  CHECK(plan.status.run_summary.count == 2);
  CHECK_FALSE(plan.status.dry_run_summary);

  run.status = plan.status;
  CHECK(plan_run(run, metrics, {0}, after(5)).due.empty());
  CHECK(plan_run(run, metrics, {0}, after(20)).due == Due{1});
  CHECK(plan_run(run, metrics, {0, 1}, after(20)).wake_at == std::nullopt);
}

TEST_CASE("planning again without news changes nothing", "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a")});
  const auto metrics = prepare(run);
  run.status = plan_run(run, metrics, {}, after(0)).status;
  CHECK(plan_run(run, metrics, {0}, after(7)).status == run.status);
}

TEST_CASE("the next measurement follows the last by its kind", "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a", "result[0] > 0.5")});
  run.spec.metrics[0].interval = "60s";
  const auto metrics = prepare(run);

  struct Row {
    Result<MetricSample> answer;
    int wake;
  };

  const Row rows[] = {
      {sample(vector_of(0.9)), 60},
      {fail(timeout("slow")), 15},
      {sample(Value::list({})), 15},
  };
  for (const Row& row : rows) {
    crds::AnalysisRun one = run;
    one.status = plan_run(one, metrics, {}, after(0)).status;
    record_measurement(one.status, metrics[0],
                       judge_sample(metrics[0], row.answer, after(0), after(5)));
    const RunPlan plan = plan_run(one, metrics, {}, after(5));
    CHECK(plan.due.empty());
    CHECK(plan.wake_at == after(row.wake));
    CHECK(plan_run(one, metrics, {}, after(row.wake)).due == Due{0});
  }
}

TEST_CASE("a short interval also paces the wait for data", "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a", "result[0] > 0.5")});
  run.spec.metrics[0].interval = "2s";
  const auto metrics = prepare(run);
  run.status = plan_run(run, metrics, {}, after(0)).status;
  record_measurement(run.status, metrics[0],
                     judge_sample(metrics[0], sample(Value::list({})), after(0), after(1)));
  CHECK(plan_run(run, metrics, {}, after(1)).wake_at == after(3));
}

TEST_CASE("an interval counts in whole seconds, as times are stored", "[run_planner]") {
  struct Row {
    const char* interval;
    const char* count;
    Result<MetricSample> answer;
    int wake;
  };

  const auto good = sample(vector_of(0.9));
  const auto nothing = sample(Value::list({}));
  const Row rows[] = {{"1ns", "", good, 1},  {"500ms", "", good, 1},    {"1s", "", good, 1},
                      {"1.5s", "", good, 2}, {"500ms", "", nothing, 1}, {"0s", "3", good, 1}};
  for (const Row& row : rows) {
    INFO(row.interval);
    crds::AnalysisRun run = make_run({make_metric("a", "result[0] > 0.5")});
    run.spec.metrics[0].interval = row.interval;
    run.spec.metrics[0].count = row.count;
    const auto metrics = prepare(run);
    run.status = plan_run(run, metrics, {}, after(0)).status;
    record_measurement(run.status, metrics[0],
                       judge_sample(metrics[0], row.answer, after(0), after(0)));
    const RunPlan plan = plan_run(run, metrics, {}, after(0) + std::chrono::milliseconds(600));
    CHECK(plan.due.empty());
    CHECK(plan.wake_at == after(row.wake));
  }
}

TEST_CASE("a clock that is set back prolongs no delay and no interval", "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a", "result[0] > 0.5"), make_metric("late")});
  run.spec.metrics[0].interval = "60s";
  run.spec.metrics[1].initial_delay = "20s";
  const auto metrics = prepare(run);
  constexpr int kLater = 7'200;
  const Result<MetricSample> answers[] = {sample(vector_of(0.9)), fail(timeout("slow")),
                                          sample(Value::list({}))};
  for (const Result<MetricSample>& answer : answers) {
    crds::AnalysisRun one = run;
    one.status = plan_run(one, metrics, {}, after(kLater)).status;
    record_measurement(one.status, metrics[0],
                       judge_sample(metrics[0], answer, after(kLater), after(kLater + 5)));
    const RunPlan plan = plan_run(one, metrics, {}, after(10));
    CHECK(plan.status.started_at == after(10));
    CHECK(plan.due == Due{0});
    CHECK(plan.wake_at == after(30));
    one.status = plan.status;
    record_measurement(one.status, metrics[0],
                       judge_sample(metrics[0], sample(vector_of(0.9)), after(10), after(11)));
    CHECK(plan_run(one, metrics, {1}, after(11)).wake_at == after(70));
  }
}

TEST_CASE("a measurement that goes on elsewhere is followed after the clock was set back",
          "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a")});
  const auto metrics = prepare(run);
  constexpr int kLater = 7'200;
  run.status = plan_run(run, metrics, {}, after(kLater)).status;
  record_measurement(run.status, metrics[0],
                     {.phase = AnalysisPhase::Running,
                      .started_at = after(kLater),
                      .resume_at = after(kLater + 10)});
  CHECK(plan_run(run, metrics, {}, after(kLater)).wake_at == after(kLater + 10));
  CHECK(plan_run(run, metrics, {}, after(10)).due == Due{0});
}

TEST_CASE("a terminated run ends at once, and says what it has seen", "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a"), make_metric("b")});
  run.spec.metrics[0].interval = "60s";
  run.spec.metrics[1].interval = "60s";
  const auto metrics = prepare(run);
  run.status = plan_run(run, metrics, {}, after(0)).status;
  run.spec.terminate = true;
  const RunPlan plan = plan_run(run, metrics, {0, 1}, after(3));
  CHECK(plan.status.phase == AnalysisPhase::Inconclusive);
  CHECK(
      plan.status.message ==
      "Metric \"a\" assessed Inconclusive due to an early end: no measurement has shown anything");
  CHECK(plan.status.completed_at == after(3));
  CHECK(plan.due.empty());
  CHECK_FALSE(plan.wake_at);

  const crds::AnalysisRunStatus before = run.status;
  for (const PreparedMetric& metric : metrics)
    record_measurement(run.status, metric, judge_sample(metric, sample(0.99), after(1), after(2)));
  CHECK(plan_run(run, metrics, {}, after(3)).status.phase == AnalysisPhase::Successful);
  run.status = before;
  record_measurement(run.status, metrics[0],
                     judge_sample(metrics[0], sample(0.1), after(1), after(2)));
  CHECK(plan_run(run, metrics, {1}, after(3)).status.phase == AnalysisPhase::Failed);
}

TEST_CASE("one failed metric ends the others", "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a"), make_metric("b")});
  run.spec.metrics[0].interval = "10s";
  const auto metrics = prepare(run);
  run.status = plan_run(run, metrics, {}, after(0)).status;
  record_measurement(run.status, metrics[1],
                     judge_sample(metrics[1], sample(0.1), after(0), after(1)));
  const RunPlan plan = plan_run(run, metrics, {0}, after(1));
  CHECK(plan.status.phase == AnalysisPhase::Failed);
  CHECK(plan.status.message == "Metric \"b\" assessed Failed due to failed (1) > failureLimit (0)");
  CHECK(plan.status.metric_results[0].phase == AnalysisPhase::Inconclusive);
  CHECK(plan.status.run_summary == crds::RunSummary{2, 0, 1, 1, 0});
}

TEST_CASE("the reason of a run is the metric that decided it, not one that it ended",
          "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a"), make_metric("b")});
  run.spec.metrics[0].interval = "10s";
  run.spec.metrics[1].failure_condition = "result < 0.5";
  const auto metrics = prepare(run);
  run.status = plan_run(run, metrics, {}, after(0)).status;
  record_measurement(run.status, metrics[1],
                     judge_sample(metrics[1], sample(0.7), after(0), after(1)));
  const RunPlan plan = plan_run(run, metrics, {0}, after(1));
  CHECK(plan.status.message ==
        "Metric \"b\" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0)");
}

TEST_CASE("what a metric has shown when its run is ended early", "[run_planner]") {
  struct Row {
    const char* interval;
    const char* count;
    const char* streak;
    std::vector<double> samples;
    AnalysisPhase phase;
    const char* why;
  };

  const Row rows[] = {
      {"10s", "", "", {}, AnalysisPhase::Inconclusive, "no measurement has shown anything"},
      {"10s", "", "", {0.99}, AnalysisPhase::Successful, ""},
      {"10s", "3", "", {}, AnalysisPhase::Inconclusive, "0 of 3 measurements"},
      {"10s", "3", "", {0.99, 0.99}, AnalysisPhase::Inconclusive, "2 of 3 measurements"},
      {"10s", "3", "", {0.99, 0.99, 0.99}, AnalysisPhase::Successful, ""},
      {"10s", "3", "", {0.99, 0.1}, AnalysisPhase::Failed, "failed (1) > failureLimit (0)"},
      {"", "", "", {}, AnalysisPhase::Inconclusive, "0 of 1 measurements"},
      {"10s", "", "3", {0.99}, AnalysisPhase::Inconclusive, "1 of 3 successes in a row"},
      {"10s", "", "3", {0.99, 0.99, 0.99}, AnalysisPhase::Successful, ""},
  };
  for (const Row& row : rows) {
    INFO(row.interval << ", " << row.count << ", " << row.streak << ": " << row.samples.size());
    crds::AnalysisRun run = make_run({make_metric("m")});
    run.spec.metrics[0].interval = row.interval;
    run.spec.metrics[0].count = row.count;
    run.spec.metrics[0].consecutive_success_limit = row.streak;
    const auto metrics = prepare(run);
    int at = 0;
    for (const double value : row.samples) {
      record_measurement(run.status, metrics[0],
                         judge_sample(metrics[0], sample(value), after(at), after(at)));
      ++at;
    }
    run.spec.terminate = true;
    const auto status = plan_run(run, metrics, {}, after(60)).status;
    CHECK(status.phase == row.phase);
    CHECK(status.message.ends_with(row.why));
  }
}

TEST_CASE("a measurement that goes on elsewhere is carried on and counts once it has ended",
          "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("m")});
  const auto metrics = prepare(run);
  run.status = plan_run(run, metrics, {}, after(0)).status;
  crds::Measurement begun{.phase = AnalysisPhase::Running, .started_at = after(0)};
  record_measurement(run.status, metrics[0], begun);
  RunPlan plan = plan_run(run, metrics, {}, after(1));
  CHECK(plan.due == std::vector<size_t>{0});
  CHECK(plan.status.phase == AnalysisPhase::Running);
  CHECK(plan.status.metric_results[0].count == 0);

  begun.resume_at = after(9);
  record_measurement(run.status, metrics[0], begun);
  plan = plan_run(run, metrics, {}, after(1));
  CHECK(plan.due.empty());
  CHECK(plan.wake_at == after(9));
  REQUIRE(open_measurement(plan.status.metric_results[0]) != nullptr);

  record_measurement(run.status, metrics[0],
                     judge_sample(metrics[0], sample(0.99), after(0), after(10)));
  plan = plan_run(run, metrics, {}, after(10));
  CHECK(plan.status.phase == AnalysisPhase::Successful);
  CHECK(plan.status.metric_results[0].measurements.size() == 1);
  CHECK(open_measurement(plan.status.metric_results[0]) == nullptr);
}

TEST_CASE("dry-run metrics are reported and decide nothing", "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a"), make_metric("dry")});
  run.spec.dry_run = {{"dry"}};
  const auto metrics = prepare(run);
  run.status = plan_run(run, metrics, {}, after(0)).status;
  record_measurement(run.status, metrics[1],
                     judge_sample(metrics[1], sample(0.1), after(0), after(1)));
  RunPlan plan = plan_run(run, metrics, {0}, after(1));
  CHECK(plan.status.phase == AnalysisPhase::Running);
  CHECK(plan.status.metric_results[1].phase == AnalysisPhase::Failed);

  run.status = plan.status;
  record_measurement(run.status, metrics[0],
                     judge_sample(metrics[0], sample(0.99), after(0), after(2)));
  plan = plan_run(run, metrics, {}, after(2));
  CHECK(plan.status.phase == AnalysisPhase::Successful);
  CHECK(plan.status.run_summary == crds::RunSummary{1, 1, 0, 0, 0});
  REQUIRE(plan.status.dry_run_summary);
  CHECK(*plan.status.dry_run_summary == crds::RunSummary{1, 0, 1, 0, 0});
}

TEST_CASE("an endless dry-run does not hold its run up", "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a"), make_metric("dry")});
  run.spec.metrics[1].interval = "10s";
  run.spec.dry_run = {{"dry"}};
  const auto metrics = prepare(run);
  run.status = plan_run(run, metrics, {}, after(0)).status;
  record_measurement(run.status, metrics[0],
                     judge_sample(metrics[0], sample(0.99), after(0), after(1)));
  const RunPlan plan = plan_run(run, metrics, {}, after(1));
  CHECK(plan.status.phase == AnalysisPhase::Successful);
  CHECK(plan.status.metric_results[1].phase == AnalysisPhase::Inconclusive);

  crds::AnalysisRun only_dry = make_run({run.spec.metrics[1]});
  only_dry.spec.dry_run = {{".*"}};
  const auto dry_metrics = prepare(only_dry);
  CHECK(plan_run(only_dry, dry_metrics, {}, after(0)).status.phase == AnalysisPhase::Running);
}

TEST_CASE("a run that is over stays as it is", "[run_planner]") {
  crds::AnalysisRun run = make_run({make_metric("a")});
  const auto metrics = prepare(run);
  run.status.phase = AnalysisPhase::Failed;
  run.status.message = "why";
  const RunPlan plan = plan_run(run, metrics, {}, after(9));
  CHECK(plan.status == run.status);
  CHECK(plan.due.empty());
}

TEST_CASE("a run that cannot be run is an error, not a success", "[run_planner]") {
  const crds::AnalysisRun run = make_run({});
  const RunPlan plan = plan_run(run, {}, {}, after(0));
  CHECK(plan.status.phase == AnalysisPhase::Error);
  CHECK(plan.status.message == "the run has no metrics");
  const crds::AnalysisRunStatus status = error_status(run, invalid("bad"), after(1));
  CHECK(status.phase == AnalysisPhase::Error);
  CHECK(status.completed_at == after(1));
}

}  // namespace
}  // namespace sluice::analysis
