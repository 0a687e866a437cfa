#include "analysis/prepared_metric.h"

#include "tests/analysis/metric_builders.h"

#include <catch2/catch.hpp>

#include <map>
#include <string>

namespace sluice::analysis {
namespace {

using std::chrono::seconds;

/// A metric with fields given by name.
crds::Metric metric_with(const std::map<std::string, std::string>& fields) {
  crds::Metric metric = make_metric("m");
  const std::map<std::string, std::string crds::Metric::*> members{
      {"interval", &crds::Metric::interval},
      {"initialDelay", &crds::Metric::initial_delay},
      {"count", &crds::Metric::count},
      {"failureLimit", &crds::Metric::failure_limit},
      {"inconclusiveLimit", &crds::Metric::inconclusive_limit},
      {"consecutiveErrorLimit", &crds::Metric::consecutive_error_limit},
      {"consecutiveSuccessLimit", &crds::Metric::consecutive_success_limit}};
  for (const auto& [name, value] : fields) metric.*members.at(name) = value;
  return metric;
}

struct MetricRow {
  std::map<std::string, std::string> fields;
  std::string problem;
};

TEST_CASE("settings have Argo's defaults", "[prepared_metric]") {
  crds::FieldProblems problems;
  const MetricSettings once = read_metric_settings(metric_with({}), "m", problems);
  CHECK(once.count == 1);
  CHECK(once.failure_limit == 0);
  CHECK(once.inconclusive_limit == 0);
  CHECK(once.consecutive_error_limit == 4);
  CHECK(once.consecutive_success_limit == 0);
  const MetricSettings endless = read_metric_settings(
      metric_with({{"interval", "30"}, {"initialDelay", "1m"}}), "m", problems);
  CHECK_FALSE(endless.count);
  CHECK(endless.interval == seconds(30));
  CHECK(endless.initial_delay == seconds(60));
  const MetricSettings counted =
      read_metric_settings(metric_with({{"interval", "5s"}, {"count", "3"}}), "m", problems);
  CHECK(counted.count == 3);
  CHECK(problems.empty());
}

TEST_CASE("settings that cannot be are refused with their field", "[prepared_metric]") {
  const MetricRow rows[] = {
      {{{"interval", "soon"}},
       "m.interval: Invalid value: \"soon\": \"soon\" is not a duration such as 30s, 5m or 1h30m, "
       "or "
       "a whole number of seconds"},
      {{{"interval", "-5s"}},
       "m.interval: Invalid value: \"-5s\": must be between 0s and 87600h0m0s"},
      {{{"initialDelay", "2500000h"}},
       "m.initialDelay: Invalid value: \"2500000h\": must be between 0s and 87600h0m0s"},
      {{{"count", "x"}}, "m.count: Invalid value: \"x\": must be a whole number"},
      {{{"count", "-1"}}, "m.count: Invalid value: \"-1\": must be at least 0"},
      {{{"count", "99999999999"}},
       "m.count: Invalid value: \"99999999999\": must be a whole number"},
      {{{"count", "2"}},
       "m.interval: Invalid value: \"\": must be given when count is greater than 1"},
      {{{"count", "2"}, {"interval", "5s"}, {"failureLimit", "3"}},
       "m.count: Invalid value: \"2\": must be at least failureLimit + consecutiveSuccessLimit"},
      {{{"count", "3"},
        {"interval", "5s"},
        {"failureLimit", "2"},
        {"consecutiveSuccessLimit", "2"}},
       "m.count: Invalid value: \"3\": must be at least failureLimit + consecutiveSuccessLimit"},
      {{{"count", "1"}, {"inconclusiveLimit", "2"}},
       "m.count: Invalid value: \"1\": must be at least inconclusiveLimit"},
      {{{"failureLimit", "-2"}}, "m.failureLimit: Invalid value: \"-2\": must be at least -1"},
      {{{"failureLimit", "-1"}},
       "m.failureLimit: Invalid value: \"-1\": may be -1 only with a consecutiveSuccessLimit"},
      {{{"inconclusiveLimit", "-1"}},
       "m.inconclusiveLimit: Invalid value: \"-1\": must be at least 0"},
      {{{"consecutiveErrorLimit", "-1"}},
       "m.consecutiveErrorLimit: Invalid value: \"-1\": must be at least 0"},
  };
  for (const MetricRow& row : rows) {
    crds::FieldProblems problems;
    read_metric_settings(metric_with(row.fields), "m", problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().sentence() == row.problem);
  }
  crds::FieldProblems none;
  read_metric_settings(metric_with({{"failureLimit", "-1"}, {"consecutiveSuccessLimit", "1"}}), "m",
                       none);
  CHECK(none.empty());
}

TEST_CASE("preparing puts arguments in and compiles conditions", "[prepared_metric]") {
  crds::AnalysisRun run = make_run(
      {make_metric("rate", "result[0] >= {{args.limit}}"), make_metric("errors", "result[0] < 1")});
  run.spec.dry_run = {{"err.*"}};
  run.spec.measurement_retention = {{"rate", 20}, {".*", 5}};
  const auto metrics = prepare_metrics(run.spec, {{{"limit", "0.95"}}, {}});
  REQUIRE(metrics);
  REQUIRE(metrics->size() == 2);
  CHECK((*metrics)[0].success->text() == "result[0] >= 0.95");
  CHECK_FALSE((*metrics)[0].failure);
  CHECK_FALSE((*metrics)[0].dry_run);
  CHECK((*metrics)[0].retention == 20);
  CHECK((*metrics)[1].dry_run);
  CHECK((*metrics)[1].retention == 5);

  const auto unresolved = prepare_metrics(run.spec, {});
  REQUIRE_FALSE(unresolved);
  CHECK(unresolved.error() == invalid("spec.metrics[0]: args.limit was not resolved"));
  const auto broken = prepare_metrics(run.spec, {{{"limit", ")"}}, {}});
  REQUIRE_FALSE(broken);
  CHECK(
      broken.error().message ==
      "spec.metrics[0].successCondition: Invalid value: \"result[0] >= )\": \")\" is not expected "
      "here (column 14)");
}

TEST_CASE("metrics whose results could not be told apart are refused", "[prepared_metric]") {
  const crds::AnalysisRun run = make_run({make_metric("a-{{args.x}}"), make_metric("a-b")});
  const auto metrics = prepare_metrics(run.spec, {{{"x", "b"}}, {}});
  REQUIRE_FALSE(metrics);
  CHECK(metrics.error() == invalid("spec.metrics[1].name: Duplicate value: \"a-b\""));
}

TEST_CASE("what is wrong is told without secrets", "[prepared_metric]") {
  const crds::AnalysisRun run = make_run({make_metric("a", "result == '{{args.token}}' &&")});
  const auto metrics = prepare_metrics(run.spec, {{{"token", "s3cret"}}, {"s3cret"}});
  REQUIRE_FALSE(metrics);
  CHECK(metrics.error().message ==
        "spec.metrics[0].successCondition: Invalid value: \"result == '*****' &&\": the expression "
        "ends too early (column 22)");
}

TEST_CASE("no more measurements are kept than an object has room for", "[prepared_metric]") {
  crds::AnalysisRun run = make_run({make_metric("a")});
  run.spec.measurement_retention = {{"a", 2'000'000'000}};
  CHECK(prepare(run).front().retention == kMeasurementsKeptMax);
}

}  // namespace
}  // namespace sluice::analysis
