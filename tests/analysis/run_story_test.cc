// Whole runs on fake time: a shell of a few lines drives planner and judge as the controller does,
// with a scripted source. A restart of the process is a plan from the stored status alone.

#include "tests/analysis/metric_builders.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sluice::analysis {
namespace {

using crds::AnalysisPhase;

/// What the source answers to the n-th question about a metric.
using Script = std::function<Result<MetricSample>(int n, SystemTime now)>;

class Story {
 public:
  explicit Story(crds::AnalysisRun run) : run_(std::move(run)), metrics_(prepare(run_)) {}

  void script(const std::string& metric, Script script) { scripts_[metric] = std::move(script); }

  void terminate_at(int second) { terminate_at_ = second; }

  /// Runs until the run is over or `limit` seconds have passed; every measurement takes a second.
  const crds::AnalysisRunStatus& play(int limit) {
    SystemTime now = kStart;
    while (now <= after(limit)) {
      if (terminate_at_ && now >= after(*terminate_at_)) run_.spec.terminate = true;
      const RunPlan plan = plan_run(run_, metrics_, {}, now);
      run_.status = plan.status;
      if (crds::is_completed(run_.status.phase)) break;
      for (const size_t index : plan.due) measure(index, now);
      now = plan.due.empty() ? next_moment(plan, now) : now + std::chrono::seconds(1);
    }
    ended_ = now;
    return run_.status;
  }

  int seconds() const {
    return static_cast<int>(std::chrono::floor<std::chrono::seconds>(ended_ - kStart).count());
  }

  int asked(const std::string& metric) const { return asked_.at(metric); }

 private:
  void measure(size_t index, SystemTime now) {
    const PreparedMetric& metric = metrics_[index];
    const int n = asked_[metric.metric.name]++;
    record_measurement(run_.status, metric,
                       judge_sample(metric, scripts_.at(metric.metric.name)(n, now), now,
                                    now + std::chrono::seconds(1)));
  }

  SystemTime next_moment(const RunPlan& plan, SystemTime now) const {
    SystemTime next = plan.wake_at.value_or(now + std::chrono::hours(1));
    if (terminate_at_ && now < after(*terminate_at_)) next = std::min(next, after(*terminate_at_));
    return next;
  }

  crds::AnalysisRun run_;
  std::vector<PreparedMetric> metrics_;
  std::map<std::string, Script> scripts_;
  std::map<std::string, int> asked_;
  std::optional<int> terminate_at_;
  SystemTime ended_ = kStart;
};

Script always(double value) {
  return [value](int, SystemTime) { return sample(vector_of(value)); };
}

crds::Metric periodic(const std::string& name, const std::string& condition,
                      const std::string& count) {
  crds::Metric metric = make_metric(name, condition);
  metric.interval = "10s";
  metric.count = count;
  return metric;
}

TEST_CASE("story: a healthy canary passes three metrics", "[story]") {
  Story story(make_run({periodic("success-rate", "result[0] >= 0.95", "5"),
                        periodic("error-rate", "result[0] <= 0.01", "5"),
                        periodic("p95", "result[0] <= 0.5", "5")}));
  story.script("success-rate", always(0.999));
  story.script("error-rate", always(0.001));
  story.script("p95", always(0.12));
  const auto& status = story.play(600);
  CHECK(status.phase == AnalysisPhase::Successful);
  CHECK(status.run_summary == crds::RunSummary{3, 3, 0, 0, 0});
  CHECK(story.seconds() == 41);
  CHECK(story.asked("p95") == 5);
}

TEST_CASE("story: a bad revision is failed by its first bad measurement", "[story]") {
  Story story(make_run({periodic("success-rate", "result[0] >= 0.95", ""),
                        periodic("p95", "result[0] <= 0.5", "")}));
  story.script("success-rate", always(0.97));
  story.script("p95", [](int n, SystemTime) { return sample(vector_of(n < 3 ? 0.2 : 0.8)); });
  const auto& status = story.play(600);
  CHECK(status.phase == AnalysisPhase::Failed);
  CHECK(status.message == "Metric \"p95\" assessed Failed due to failed (1) > failureLimit (0)");
  CHECK(story.seconds() == 31);
}

TEST_CASE("story: data that comes late is waited for", "[story]") {
  Story story(make_run({periodic("success-rate", "result[0] >= 0.95", "3")}));
  story.script("success-rate", [](int, SystemTime now) {
    if (now < after(25)) return sample(Value::list({}));
    if (now < after(45)) return sample(vector_of(std::nan("")));
    return sample(vector_of(1.0));
  });
  const auto& status = story.play(600);
  CHECK(status.phase == AnalysisPhase::Successful);
  CHECK(status.metric_results[0].count == 3);
  CHECK(status.metric_results[0].inconclusive == 0);
}

TEST_CASE("story: no traffic at all ends inconclusive, not failed", "[story]") {
  Story story(make_run({periodic("success-rate", "result[0] >= 0.95", "3")}));
  story.script("success-rate", [](int, SystemTime) { return sample(Value::list({})); });
  const auto& status = story.play(3'600);
  CHECK(status.phase == AnalysisPhase::Inconclusive);
  CHECK(status.message == "Metric \"success-rate\" assessed Inconclusive due to no data for 3m0s");
  CHECK(story.seconds() < 200);
}

TEST_CASE("story: an outage of the source shorter than the limit does no harm", "[story]") {
  Story story(make_run({periodic("success-rate", "result[0] >= 0.95", "4")}));
  story.script("success-rate", [](int n, SystemTime) -> Result<MetricSample> {
    if (n >= 1 && n <= 4) return fail(unavailable("connection refused"));
    return sample(vector_of(1.0));
  });
  const auto& status = story.play(600);
  CHECK(status.phase == AnalysisPhase::Successful);
  CHECK(status.metric_results[0].error == 4);
}

TEST_CASE("story: an outage of the source that ends in time changes nothing", "[story]") {
  Story story(make_run({periodic("success-rate", "result[0] >= 0.95", "4")}));
  story.script("success-rate", [](int n, SystemTime) -> Result<MetricSample> {
    if (n >= 1 && n <= 10) return fail(timeout("no answer"));
    return sample(vector_of(1.0));
  });
  const auto& status = story.play(600);
  CHECK(status.phase == AnalysisPhase::Successful);
  CHECK(status.metric_results[0].error == 10);
}

TEST_CASE("story: a lasting outage of the source says nothing about the revision", "[story]") {
  Story story(make_run({periodic("success-rate", "result[0] >= 0.95", "4")}));
  story.script("success-rate", [](int, SystemTime) -> Result<MetricSample> {
    return fail(unavailable("connection refused"));
  });
  const auto& status = story.play(600);
  CHECK(status.phase == AnalysisPhase::Inconclusive);
  CHECK(status.message ==
        "Metric \"success-rate\" assessed Inconclusive due to a source that could not be asked for "
        "3m0s: connection refused");
  // The eighteenth try, each 10 s after the end of the one before.
  CHECK(story.seconds() == 188);
}

TEST_CASE("story: where errors are limited a lasting outage of the source is one", "[story]") {
  crds::Metric metric = periodic("success-rate", "result[0] >= 0.95", "4");
  metric.consecutive_error_limit = "4";
  Story story(make_run({metric}));
  story.script("success-rate", [](int, SystemTime) -> Result<MetricSample> {
    return fail(unavailable("connection refused"));
  });
  const auto& status = story.play(600);
  CHECK(status.phase == AnalysisPhase::Error);
  CHECK(status.message ==
        "Metric \"success-rate\" assessed Error due to consecutiveErrors (5) > "
        "consecutiveErrorLimit (4): \"Error Message: connection refused\"");
  // Five tries, each 10 s after the end of the one before.
  CHECK(story.seconds() == 45);
}

TEST_CASE("story: the background goes on until it is terminated", "[story]") {
  Story story(make_run({periodic("success-rate", "result[0] >= 0.95", "")}));
  story.script("success-rate", always(0.99));
  story.terminate_at(305);
  const auto& status = story.play(3'600);
  CHECK(status.phase == AnalysisPhase::Successful);
  CHECK(story.seconds() == 305);
  CHECK(story.asked("success-rate") == 31);
  CHECK(status.metric_results[0].measurements.size() == 10);
  CHECK(status.metric_results[0].count == 31);
}

TEST_CASE("story: some failures are forgiven", "[story]") {
  crds::Metric metric = periodic("success-rate", "result[0] >= 0.95", "10");
  metric.failure_limit = "2";
  Story story(make_run({metric}));
  story.script("success-rate",
               [](int n, SystemTime) { return sample(vector_of(n == 2 || n == 5 ? 0.5 : 0.99)); });
  const auto& status = story.play(600);
  CHECK(status.phase == AnalysisPhase::Successful);
  CHECK(status.metric_results[0].failed == 2);
  CHECK(status.metric_results[0].successful == 8);
}

}  // namespace
}  // namespace sluice::analysis
