#include "analysis/judge.h"

#include "tests/analysis/metric_builders.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace sluice::analysis {
namespace {

using crds::AnalysisPhase;

PreparedMetric metric_of(const crds::Metric& metric) {
  return prepare(make_run({metric})).front();
}

PreparedMetric conditions(const std::string& success, const std::string& failure) {
  crds::Metric metric = make_metric("m", success);
  metric.failure_condition = failure;
  return metric_of(metric);
}

crds::Measurement judge(const PreparedMetric& metric, const Value& value) {
  return judge_sample(metric, sample(value), kStart, after(1));
}

TEST_CASE("two conditions give one phase", "[judge]") {
  struct Row {
    const char* success;
    const char* failure;
    double value;
    AnalysisPhase phase;
  };

  const Row rows[] = {
      {"", "", 1, AnalysisPhase::Successful},
      {"result > 5", "", 6, AnalysisPhase::Successful},
      {"result > 5", "", 4, AnalysisPhase::Failed},
      {"", "result > 5", 6, AnalysisPhase::Failed},
      {"", "result > 5", 4, AnalysisPhase::Successful},
      {"result > 5", "result < 3", 6, AnalysisPhase::Successful},
      {"result > 5", "result < 3", 4, AnalysisPhase::Inconclusive},
      {"result > 5", "result < 3", 2, AnalysisPhase::Failed},
      {"result > 5", "result > 4", 6, AnalysisPhase::Failed},
      {"result[0] > 5", "", 1, AnalysisPhase::Error},
      {"result", "", 1, AnalysisPhase::Error},
      {"result[0] > 5", "result > 0", 1, AnalysisPhase::Error},
  };
  for (const Row& row : rows) {
    INFO(row.success << " / " << row.failure << " on " << row.value);
    CHECK(judge(conditions(row.success, row.failure), row.value).phase == row.phase);
  }
}

TEST_CASE("a measurement keeps value, times and reason", "[judge]") {
  const PreparedMetric metric = conditions("result[0] >= 0.95", "");
  const auto good = judge_sample(metric, sample(vector_of(0.987)),
                                 kStart + std::chrono::milliseconds(1'300), after(2));
  CHECK(good.phase == AnalysisPhase::Successful);
  CHECK(good.value == "[0.987]");
  CHECK(good.started_at == after(1));
  CHECK(good.finished_at == after(2));
  CHECK(good.message.empty());

  const auto failed = judge_sample(metric, fail(unavailable("no route")), kStart, after(1));
  CHECK(failed.phase == AnalysisPhase::Error);
  CHECK(failed.message == "no route");
  CHECK(judge(metric, 5).message == "successCondition: a number has no elements (column 7)");
}

TEST_CASE("only what cannot be decided for lack of data is no data", "[judge]") {
  struct Row {
    const char* success;
    const char* failure;
    Value value;
    AnalysisPhase phase;
    bool no_data;
  };

  const Value empty = Value::list({});
  const Value nan = vector_of(std::nan(""));
  const Row rows[] = {
      {"result[0] > 0.9", "", empty, AnalysisPhase::Inconclusive, true},
      {"", "result[0] > 0.9", empty, AnalysisPhase::Inconclusive, true},
      {"result[0] > 0.9", "result[0] < 0.5", empty, AnalysisPhase::Inconclusive, true},
      {"result[0] > 0.9", "", nan, AnalysisPhase::Inconclusive, true},
      {"result > 0.9", "", {}, AnalysisPhase::Inconclusive, true},
      {"len(result) == 0 || result[0] > 0.9", "", empty, AnalysisPhase::Successful, false},
      {"len(result) > 0 && result[0] > 0.9", "", empty, AnalysisPhase::Failed, false},
      {"isNaN(result[0]) || result[0] > 0.9", "", nan, AnalysisPhase::Successful, false},
      {"isNaN(result[0]) || result[0] > 0.9", "", empty, AnalysisPhase::Inconclusive, true},
      {"default(result, 1) > 0.9", "", {}, AnalysisPhase::Successful, false},
      {"result[0] > 0.9", "len(result) == 0", empty, AnalysisPhase::Failed, false},
      {"len(result) == 0", "result[0] > 0.9", empty, AnalysisPhase::Inconclusive, true},
      {"", "", empty, AnalysisPhase::Successful, false},
      {"result > 0.9", "", empty, AnalysisPhase::Error, false},
  };
  for (const Row& row : rows) {
    INFO(row.success << " / " << row.failure << " on " << to_text(row.value));
    const auto measurement = judge(conditions(row.success, row.failure), row.value);
    CHECK(measurement.phase == row.phase);
    CHECK(is_no_data(measurement) == row.no_data);
  }
  const auto measurement = judge(conditions("result[0] > 0.9", ""), empty);
  CHECK(measurement.message == "no data yet: result[0]: the result has no elements");
  CHECK(measurement.value == "[]");
}

/// Feeds values to a metric, one each 10 seconds; "e" in `script` is an error, "n" no data, "+" and
/// "-" good and bad, "?" inconclusive.
crds::MetricResult feed(const PreparedMetric& metric, const std::string& script) {
  crds::AnalysisRunStatus status;
  int at = 0;
  for (const char step : script) {
    Result<MetricSample> answer = sample(vector_of(step == '+' ? 6 : step == '-' ? 1 : 4));
    if (step == 'n') answer = sample(Value::list({}));
    if (step == 'e') answer = fail(timeout("slow"));
    record_measurement(status, metric, judge_sample(metric, answer, after(at), after(at)));
    at += 10;
  }
  return status.metric_results.front();
}

crds::Metric limits(const std::string& count, const std::string& failure,
                    const std::string& inconclusive, const std::string& error,
                    const std::string& success) {
  crds::Metric metric = make_metric("m", "result[0] > 5");
  metric.failure_condition = "result[0] < 3";
  metric.interval = "10s";
  metric.count = count;
  metric.failure_limit = failure;
  metric.inconclusive_limit = inconclusive;
  metric.consecutive_error_limit = error;
  metric.consecutive_success_limit = success;
  return metric;
}

TEST_CASE("limits decide a metric", "[judge]") {
  struct Row {
    crds::Metric metric;
    const char* script;
    Verdict verdict;
  };

  const std::string due = "Metric \"m\" assessed ";
  const Row rows[] = {
      {limits("3", "", "", "", ""), "++", {AnalysisPhase::Running, ""}},
      {limits("3", "", "", "", ""), "+++", {AnalysisPhase::Successful, ""}},
      {limits("3", "", "", "", ""),
       "-",
       {AnalysisPhase::Failed, due + "Failed due to failed (1) > failureLimit (0)"}},
      {limits("3", "1", "", "", ""), "+-+", {AnalysisPhase::Successful, ""}},
      {limits("3", "1", "", "", ""),
       "--",
       {AnalysisPhase::Failed, due + "Failed due to failed (2) > failureLimit (1)"}},
      {limits("3", "", "", "", ""),
       "?",
       {AnalysisPhase::Inconclusive,
        due + "Inconclusive due to inconclusive (1) > inconclusiveLimit (0)"}},
      {limits("3", "", "2", "", ""), "??+", {AnalysisPhase::Successful, ""}},
      {limits("3", "", "", "", ""), "+eeee", {AnalysisPhase::Running, ""}},
      {limits("3", "", "", "", ""), "+e+e+", {AnalysisPhase::Successful, ""}},
      {limits("3", "", "", "", ""), "eeeeee", {AnalysisPhase::Running, ""}},
      {limits("3", "", "", "", ""), "eeeeeeeeeeeeeeeeee+", {AnalysisPhase::Running, ""}},
      {limits("3", "", "", "", ""),
       "eeeeeeeeeeeeeeeeeee",
       {AnalysisPhase::Inconclusive,
        due + "Inconclusive due to a source that could not be asked for 3m0s: slow"}},
      {limits("3", "", "", "4", ""),
       "eeeee",
       {AnalysisPhase::Error,
        due + "Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): \"Error Message: "
              "slow\""}},
      {limits("3", "", "", "0", ""),
       "e",
       {AnalysisPhase::Error,
        due + "Error due to consecutiveErrors (1) > consecutiveErrorLimit (0): \"Error Message: "
              "slow\""}},
      {limits("3", "", "", "", ""), "nnn++", {AnalysisPhase::Running, ""}},
      {limits("3", "", "", "", ""), "nnn+++", {AnalysisPhase::Successful, ""}},
      {limits("3", "", "", "1", ""), "enenen", {AnalysisPhase::Error, ""}},
      {limits("", "5", "", "", "3"), "++-++", {AnalysisPhase::Running, ""}},
      {limits("", "5", "", "", "3"), "++-+++", {AnalysisPhase::Successful, ""}},
      {limits("", "5", "", "", "3"), "++n+", {AnalysisPhase::Successful, ""}},
      {limits("4", "1", "", "", "3"),
       "++-+",
       {AnalysisPhase::Inconclusive, due + "Inconclusive due to consecutiveSuccess (1) < "
                                           "consecutiveSuccessLimit (3) after 4 measurements"}},
      {limits("4", "-1", "", "", "3"),
       "--++",
       {AnalysisPhase::Failed, due + "Failed due to consecutiveSuccess (2) < "
                                     "consecutiveSuccessLimit (3) after 4 measurements"}},
  };
  for (const Row& row : rows) {
    INFO(row.script);
    const PreparedMetric metric = metric_of(row.metric);
    const Verdict verdict = assess_metric(metric, feed(metric, row.script), false);
    CHECK(crds::to_string(verdict.phase) == crds::to_string(row.verdict.phase));
    if (!row.verdict.message.empty()) CHECK(verdict.message == row.verdict.message);
  }
}

TEST_CASE("errors and no data are not counted as measurements", "[judge]") {
  const PreparedMetric metric = metric_of(limits("9", "9", "9", "9", ""));
  const crds::MetricResult result = feed(metric, "+en-?e+");
  CHECK(result.count == 4);
  CHECK(result.successful == 2);
  CHECK(result.failed == 1);
  CHECK(result.inconclusive == 1);
  CHECK(result.error == 2);
  CHECK(result.consecutive_error == 0);
  CHECK(result.consecutive_success == 1);
  CHECK(result.measurements.size() == 7);
  CHECK(result.metadata.empty());
}

TEST_CASE("no data has a patience", "[judge]") {
  const PreparedMetric metric = metric_of(limits("3", "", "", "", ""));
  // One each 10 s: the last of 18 comes 170 s after the first, of 19 180 s.
  CHECK(assess_metric(metric, feed(metric, std::string(18, 'n')), false).phase ==
        AnalysisPhase::Running);
  CHECK(assess_metric(metric, feed(metric, std::string(19, 'n')), false) ==
        Verdict{AnalysisPhase::Inconclusive,
                "Metric \"m\" assessed Inconclusive due to no data for 3m0s"});
  // Data in between starts it anew.
  CHECK(
      assess_metric(metric, feed(metric, std::string(10, 'n') + "+" + std::string(15, 'n')), false)
          .phase == AnalysisPhase::Running);
}

TEST_CASE("a clock that is set back prolongs no patience", "[judge]") {
  const PreparedMetric metric = metric_of(limits("3", "", "", "", ""));
  const Result<MetricSample> answers[] = {sample(Value::list({})), fail(unavailable("away"))};
  for (const Result<MetricSample>& answer : answers) {
    crds::AnalysisRunStatus status;
    for (const int at : {7'200, 0, 170, 180}) {
      const bool is_last = at == 180;
      record_measurement(status, metric, judge_sample(metric, answer, after(at), after(at)));
      CHECK(assess_metric(metric, status.metric_results.front(), false).phase ==
            (is_last ? AnalysisPhase::Inconclusive : AnalysisPhase::Running));
    }
  }
}

TEST_CASE("only the last measurements are kept", "[judge]") {
  PreparedMetric metric = metric_of(limits("", "", "", "", ""));
  CHECK(feed(metric, std::string(25, '+')).measurements.size() == 10);
  CHECK(feed(metric, std::string(25, '+')).count == 25);
  metric.retention = 3;
  CHECK(feed(metric, "++++-").measurements.size() == 3);
  CHECK(feed(metric, "++++-").measurements.back().phase == AnalysisPhase::Failed);
}

TEST_CASE("long texts are cut", "[judge]") {
  const PreparedMetric metric = metric_of(limits("", "", "", "", ""));
  crds::AnalysisRunStatus status;
  crds::Measurement measurement = judge(metric, vector_of(6));
  measurement.value = std::string(kMeasurementTextMax - 1, 'x') + "\u00e9" + std::string(100, 'y');
  record_measurement(status, metric, measurement);
  CHECK(status.metric_results.front().measurements.front().value ==
        std::string(kMeasurementTextMax - 1, 'x') + "…");
}

TEST_CASE("a completed metric takes no more measurements", "[judge]") {
  const PreparedMetric metric = metric_of(limits("1", "", "", "", ""));
  crds::AnalysisRunStatus status;
  status.metric_results = {{.name = "m", .phase = AnalysisPhase::Successful}};
  record_measurement(status, metric, judge(metric, vector_of(1)));
  CHECK(status.metric_results.front().measurements.empty());
}

TEST_CASE("the worst metric is the run's phase", "[judge]") {
  struct Row {
    std::vector<AnalysisPhase> phases;
    AnalysisPhase phase;
  };

  using P = AnalysisPhase;
  const Row rows[] = {
      {{P::Successful, P::Successful}, P::Successful},
      {{P::Successful, P::Failed}, P::Failed},
      {{P::Error, P::Failed}, P::Failed},
      {{P::Inconclusive, P::Error}, P::Error},
      {{P::Successful, P::Inconclusive}, P::Inconclusive},
      {{P::Failed, P::Running}, P::Running},
      {{P::Successful, P::Pending}, P::Running},
  };
  const auto metrics = prepare(make_run({make_metric("a"), make_metric("b")}));
  for (const Row& row : rows) {
    crds::AnalysisRunStatus status;
    for (const P phase : row.phases)
      status.metric_results.push_back({.name = "x", .phase = phase, .message = "why"});
    CHECK(assess_run(metrics, status).phase == row.phase);
  }
}

}  // namespace
}  // namespace sluice::analysis
