#pragma once

// AnalysisTemplate, ClusterAnalysisTemplate and AnalysisRun as typed values, and the reference to
// an analysis that a Rollout's strategy holds. Numbers that the API takes as "int or string" stay
// text until arguments have been put in (they may be "{{args.count}}").

#include "base/json.h"
#include "base/object_meta.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::crds {

/// Where an argument's value comes from.
struct ArgumentSource {
  std::string secret_name;  ///< secretKeyRef.name
  std::string secret_key;   ///< secretKeyRef.key
  std::string field_path;   ///< fieldRef.fieldPath
  /// podTemplateHashValue: "Stable" or "Latest" (only in a Rollout's reference to an analysis).
  std::string pod_template_hash;

  bool operator==(const ArgumentSource&) const = default;
};

struct Argument {
  std::string name;
  std::optional<std::string> value;
  std::optional<ArgumentSource> value_from;

  bool operator==(const Argument&) const = default;
};

/// Which metric provider and its own settings: `kind` is the key ("prometheus", "web", …).
struct ProviderSpec {
  std::string kind;
  JsonText config;

  bool operator==(const ProviderSpec& other) const;
};

/// One metric as written; "" where a field is absent.
struct Metric {
  std::string name;
  std::string interval;
  std::string initial_delay;
  std::string count;
  std::string success_condition;
  std::string failure_condition;
  std::string failure_limit;
  std::string inconclusive_limit;
  std::string consecutive_error_limit;
  std::string consecutive_success_limit;
  ProviderSpec provider;

  bool operator==(const Metric&) const = default;
};

struct DryRun {
  std::string metric_name;  ///< A regular expression; ".*" means all.

  bool operator==(const DryRun&) const = default;
};

struct MeasurementRetention {
  std::string metric_name;  ///< A regular expression.
  int32_t limit = 0;

  bool operator==(const MeasurementRetention&) const = default;
};

struct TemplateRef {
  std::string template_name;
  bool cluster_scope = false;

  bool operator==(const TemplateRef&) const = default;
};

/// The spec of AnalysisTemplate and ClusterAnalysisTemplate.
struct AnalysisTemplateSpec {
  std::vector<Metric> metrics;
  std::vector<Argument> args;
  std::vector<DryRun> dry_run;
  std::vector<MeasurementRetention> measurement_retention;
  std::vector<TemplateRef> templates;
};

struct AnalysisTemplate {
  ObjectMeta meta;
  bool cluster_scope = false;
  AnalysisTemplateSpec spec;
};

/// What a step, the background or a blue-green switch asks for.
struct RolloutAnalysis {
  std::vector<TemplateRef> templates;
  std::vector<Argument> args;
  std::vector<DryRun> dry_run;
  std::vector<MeasurementRetention> measurement_retention;
  StringMap run_labels;       ///< analysisRunMetadata.labels
  StringMap run_annotations;  ///< analysisRunMetadata.annotations

  bool operator==(const RolloutAnalysis&) const = default;
};

/// Phases of runs, metrics and measurements. `None` is a run that the controller has not seen yet.
enum class AnalysisPhase { None, Pending, Running, Successful, Failed, Error, Inconclusive };

std::string_view to_string(AnalysisPhase phase);
/// The phase of that name; None for "" and for unknown words.
AnalysisPhase parse_analysis_phase(std::string_view text);
/// Successful, Failed, Error or Inconclusive.
bool is_completed(AnalysisPhase phase);

struct Measurement {
  AnalysisPhase phase = AnalysisPhase::None;
  std::string message;
  std::optional<SystemTime> started_at;
  std::optional<SystemTime> finished_at;
  std::string value;
  StringMap metadata;
  std::optional<SystemTime> resume_at;

  bool operator==(const Measurement&) const = default;
};

struct MetricResult {
  std::string name;
  AnalysisPhase phase = AnalysisPhase::None;
  std::vector<Measurement> measurements;
  std::string message;
  int32_t count = 0;
  int32_t successful = 0;
  int32_t failed = 0;
  int32_t inconclusive = 0;
  int32_t error = 0;
  int32_t consecutive_error = 0;
  int32_t consecutive_success = 0;
  bool dry_run = false;
  StringMap metadata;

  bool operator==(const MetricResult&) const = default;
};

/// How many metrics of a run ended how.
struct RunSummary {
  int32_t count = 0;
  int32_t successful = 0;
  int32_t failed = 0;
  int32_t inconclusive = 0;
  int32_t error = 0;

  bool operator==(const RunSummary&) const = default;
};

struct AnalysisRunStatus {
  AnalysisPhase phase = AnalysisPhase::None;
  std::string message;
  std::vector<MetricResult> metric_results;
  std::optional<SystemTime> started_at;
  std::optional<SystemTime> completed_at;
  RunSummary run_summary;
  std::optional<RunSummary> dry_run_summary;

  bool operator==(const AnalysisRunStatus&) const = default;
};

struct TtlStrategy {
  std::optional<int32_t> seconds_after_completion;
  std::optional<int32_t> seconds_after_failure;
  std::optional<int32_t> seconds_after_success;
};

struct AnalysisRunSpec {
  std::vector<Metric> metrics;
  std::vector<Argument> args;
  bool terminate = false;
  std::vector<DryRun> dry_run;
  std::vector<MeasurementRetention> measurement_retention;
  std::optional<TtlStrategy> ttl_strategy;
};

struct AnalysisRun {
  ObjectMeta meta;
  AnalysisRunSpec spec;
  AnalysisRunStatus status;
};

}  // namespace sluice::crds
