// What a run has measured last, in words for people.

#include "analysis/run_reading.h"

#include "analysis/judge.h"
#include "base/time.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::analysis;
using crds::AnalysisPhase;

namespace {

crds::Metric metric(const std::string& name, const std::string& success,
                    const std::string& failure = "") {
  return {.name = name, .success_condition = success, .failure_condition = failure};
}

crds::Measurement measured(AnalysisPhase phase, const std::string& value) {
  return {.phase = phase, .value = value};
}

crds::MetricResult result(const std::string& name, AnalysisPhase phase,
                          std::vector<crds::Measurement> measurements) {
  crds::MetricResult made{.name = name, .phase = phase, .measurements = std::move(measurements)};
  for (const crds::Measurement& one : made.measurements) {
    made.successful += one.phase == AnalysisPhase::Successful ? 1 : 0;
    made.failed += one.phase == AnalysisPhase::Failed ? 1 : 0;
  }
  return made;
}

crds::AnalysisRun run_of(std::vector<crds::MetricResult> results) {
  crds::AnalysisRun run;
  run.spec.metrics = {metric("error-rate", "result[0] <= 0.01"), metric("latency", "result < 5")};
  run.status.metric_results = std::move(results);
  return run;
}

}  // namespace

TEST_CASE("a condition that bounds the value is told as its limit", "[reading]") {
  CHECK(limit_text(metric("m", "result[0] <= 0.01")) == "limit 0.01");
  CHECK(limit_text(metric("m", " result<5 ")) == "limit 5");
  CHECK(limit_text(metric("m", "result[0] >= 0.95")) == "at least 0.95");
  CHECK(limit_text(metric("m", "result > 5")) == "above 5");
  CHECK(limit_text(metric("m", "", "result <= 5")) == "above 5");
  CHECK(limit_text(metric("m", "", "result > -1.5")) == "limit -1.5");
  CHECK(limit_text(metric("m", "", "result[0] < 0.95")) == "at least 0.95");
  CHECK(limit_text(metric("m", "len(result) == 0 || result[0] > 0.9")) ==
        "len(result) == 0 || result[0] > 0.9");
  CHECK(limit_text(metric("m", "", "result == 1")) == "not (result == 1)");
  CHECK(limit_text(metric("m", "")) == "");
}

TEST_CASE("the value is told against its limit", "[reading]") {
  const RunReading reading =
      read_run(run_of({result("error-rate", AnalysisPhase::Running,
                              {measured(AnalysisPhase::Successful, "[0.001]"),
                               measured(AnalysisPhase::Failed, "[0.024300000000000002]")})}));
  CHECK(reading.observed == "error-rate 0.0243");
  CHECK(reading.wanted == "limit 0.01");
  CHECK(reading.text == "error-rate 0.0243, limit 0.01 (1 good, 1 bad)");
}

TEST_CASE("of several metrics the one that matters is told", "[reading]") {
  const auto good =
      result("error-rate", AnalysisPhase::Running, {measured(AnalysisPhase::Successful, "[0]")});
  const auto late =
      result("latency", AnalysisPhase::Running, {measured(AnalysisPhase::Failed, "9")});
  CHECK(read_run(run_of({good})).observed == "error-rate 0");
  CHECK(read_run(run_of({good, late})).observed == "latency 9");
  const auto over = result(
      "error-rate", AnalysisPhase::Failed,
      {measured(AnalysisPhase::Failed, "[0.5]"), measured(AnalysisPhase::Successful, "[0]")});
  CHECK(read_run(run_of({over, late})).observed == "error-rate 0.5");
  auto trial = late;
  trial.dry_run = true;
  CHECK(read_run(run_of({good, trial})).observed == "error-rate 0");
  CHECK(read_run(run_of({})).text.empty());
}

TEST_CASE("the metric that decided the run is told, not one that was ended with it", "[reading]") {
  auto ended = result("error-rate", AnalysisPhase::Inconclusive,
                      {measured(AnalysisPhase::Successful, "[0.001]")});
  ended.message = R"(Metric "error-rate" assessed Inconclusive due to an early end)";
  auto decided = result("latency", AnalysisPhase::Failed, {measured(AnalysisPhase::Failed, "9")});
  decided.message = R"(Metric "latency" assessed Failed due to failed (1) > failureLimit (0))";
  crds::AnalysisRun run = run_of({ended, decided});
  CHECK(read_run(run).text == "latency 9, limit 5 (0 good, 1 bad)");
  run.status.message = decided.message;
  CHECK(read_run(run).text == "latency 9, limit 5 (0 good, 1 bad)");

  decided.phase = AnalysisPhase::Inconclusive;
  decided.message = R"(Metric "latency" assessed Inconclusive due to inconclusive (1) > …)";
  run = run_of({ended, decided});
  run.status.message = decided.message;
  CHECK(read_run(run).observed == "latency 9");
}

TEST_CASE("the limit has the run's arguments in it, but for secrets", "[reading]") {
  crds::AnalysisRun run = run_of({result("error-rate", AnalysisPhase::Running,
                                         {measured(AnalysisPhase::Successful, "[0.001]")})});
  run.spec.metrics = {metric("error-rate", "result[0] <= {{ args.most }}")};
  run.spec.args = {{.name = "most", .value = "0.01"}};
  CHECK(read_run(run).wanted == "limit 0.01");
  run.spec.args = {{.name = "most", .value_from = crds::ArgumentSource{.secret_name = "s"}}};
  CHECK(read_run(run).wanted == "result[0] <= {{ args.most }}");
}

TEST_CASE("a measurement under way is told where there is no other", "[reading]") {
  const auto begun = measured(AnalysisPhase::Running, "");
  const RunReading first = read_run(run_of({result("latency", AnalysisPhase::Running, {begun})}));
  CHECK(first.text == "latency: is being measured");
  const RunReading second = read_run(run_of({result(
      "latency", AnalysisPhase::Running, {measured(AnalysisPhase::Successful, "1"), begun})}));
  CHECK(second.observed == "latency 1");
}

TEST_CASE("data that is missing for less than a minute is no trouble yet", "[reading]") {
  const SystemTime began = *parse_time("2026-11-21T12:00:00Z");
  crds::Measurement nothing = measured(AnalysisPhase::Inconclusive, "[]");
  nothing.message = std::string(kNoDataPrefix) + "the answer is empty";
  nothing.metadata[std::string(kNoDataMark)] = "true";
  nothing.finished_at = began + std::chrono::seconds(50);
  auto waiting = result("error-rate", AnalysisPhase::Running, {nothing});
  waiting.metadata[std::string(kNoDataSince)] = "2026-11-21T12:00:00Z";
  CHECK_FALSE(read_run(run_of({waiting})).without_data);
  CHECK(read_run(run_of({waiting})).text == "error-rate: no data yet: the answer is empty");
  waiting.measurements.back().finished_at = began + std::chrono::seconds(60);
  CHECK(read_run(run_of({waiting})).without_data);
}

TEST_CASE("no data and a source that is away are told as what they are", "[reading]") {
  crds::Measurement nothing = measured(AnalysisPhase::Inconclusive, "[]");
  nothing.message = std::string(kNoDataPrefix) + "the answer is empty";
  nothing.metadata[std::string(kNoDataMark)] = "true";
  const RunReading empty =
      read_run(run_of({result("error-rate", AnalysisPhase::Running, {nothing})}));
  CHECK(empty.without_data);
  CHECK(empty.observed == "error-rate without data");
  CHECK(empty.text == "error-rate: no data yet: the answer is empty");
  crds::Measurement away = measured(AnalysisPhase::Error, "");
  away.message = "connection refused";
  away.metadata[std::string(kUnobservableMark)] = "true";
  const RunReading silent =
      read_run(run_of({result("error-rate", AnalysisPhase::Running, {away})}));
  CHECK(silent.unobservable);
  CHECK(silent.text == "error-rate: connection refused");
}

TEST_CASE("a long value is cut between two characters", "[reading]") {
  std::string euros;
  for (int i = 0; i < 30; ++i) euros += "\u20ac";
  const RunReading reading = read_run(
      run_of({result("price", AnalysisPhase::Running, {measured(AnalysisPhase::Failed, euros)})}));
  CHECK(reading.observed == "price " + euros.substr(0, 63) + "…");
}
