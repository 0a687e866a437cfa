#pragma once

// Short ways to write metrics, runs and measurements in tests.

#include "analysis/judge.h"
#include "analysis/prepared_metric.h"
#include "analysis/run_planner.h"
#include "crds/analysis.h"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sluice::analysis {

inline const SystemTime kStart = *parse_time("2026-11-21T10:00:00Z");

inline SystemTime after(int seconds) {
  return kStart + std::chrono::seconds(seconds);
}

inline crds::Metric make_metric(std::string name, std::string success_condition = "result > 0.9") {
  crds::Metric metric;
  metric.name = std::move(name);
  metric.success_condition = std::move(success_condition);
  metric.provider = {"scripted", make_json_text("{}")};
  return metric;
}

inline crds::AnalysisRun make_run(std::vector<crds::Metric> metrics) {
  crds::AnalysisRun run;
  run.meta.name = "run";
  run.spec.metrics = std::move(metrics);
  return run;
}

inline std::vector<PreparedMetric> prepare(const crds::AnalysisRun& run) {
  auto metrics = prepare_metrics(run.spec, {});
  if (!metrics) FAIL(metrics.error().message);
  return std::move(*metrics);
}

inline Result<MetricSample> sample(Value value) {
  std::string text = to_text(value);
  return MetricSample{std::move(value), std::move(text), {}};
}

inline Value vector_of(double value) {
  return Value::list({Value(value)});
}

}  // namespace sluice::analysis
