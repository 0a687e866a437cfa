#include "crds/analysis_codec.h"

#include "base/whole_number.h"
#include "crds/field_reader.h"
#include "crds/names.h"

#include <nlohmann/json.hpp>

namespace sluice::crds {
namespace {

std::vector<Argument> read_arguments(const FieldReader& from) {
  std::vector<Argument> args;
  for (const FieldReader& reader : from.children("args")) {
    Argument& arg = args.emplace_back();
    arg.name = reader.string("name");
    arg.value = reader.optional_string("value");
    if (const FieldReader source = reader.child("valueFrom"); source.present()) {
      const FieldReader secret = source.child("secretKeyRef");
      arg.value_from = ArgumentSource{.secret_name = secret.string("name"),
                                      .secret_key = secret.string("key"),
                                      .field_path = source.child("fieldRef").string("fieldPath"),
                                      .pod_template_hash = source.string("podTemplateHashValue")};
    }
  }
  return args;
}

std::vector<DryRun> read_dry_run(const FieldReader& from) {
  std::vector<DryRun> list;
  for (const FieldReader& reader : from.children("dryRun"))
    list.push_back({reader.string("metricName")});
  return list;
}

std::vector<MeasurementRetention> read_retention(const FieldReader& from) {
  std::vector<MeasurementRetention> list;
  for (const FieldReader& reader : from.children("measurementRetention"))
    list.push_back({reader.string("metricName"), reader.int32("limit").value_or(0)});
  return list;
}

std::vector<TemplateRef> read_template_refs(const FieldReader& from) {
  std::vector<TemplateRef> list;
  for (const FieldReader& reader : from.children("templates"))
    list.push_back({reader.string("templateName"), reader.boolean("clusterScope")});
  return list;
}

ProviderSpec read_provider(const FieldReader& metric) {
  const Json* provider = metric.find("provider");
  if (provider == nullptr) {
    metric.problem("provider", "Required value: a metric needs a provider");
    return {};
  }
  if (!provider->is_object() || provider->size() != 1) {
    metric.problem("provider", "Invalid value: must name exactly one provider");
    return {};
  }
  return {provider->begin().key(), make_json_text(dump_json(provider->begin().value()))};
}

std::vector<Metric> read_metrics(const FieldReader& from) {
  std::vector<Metric> metrics;
  for (const FieldReader& reader : from.children("metrics")) {
    metrics.push_back({.name = reader.string("name"),
                       .interval = reader.int_or_string("interval"),
                       .initial_delay = reader.int_or_string("initialDelay"),
                       .count = reader.int_or_string("count"),
                       .success_condition = reader.string("successCondition"),
                       .failure_condition = reader.string("failureCondition"),
                       .failure_limit = reader.int_or_string("failureLimit"),
                       .inconclusive_limit = reader.int_or_string("inconclusiveLimit"),
                       .consecutive_error_limit = reader.int_or_string("consecutiveErrorLimit"),
                       .consecutive_success_limit = reader.int_or_string("consecutiveSuccessLimit"),
                       .provider = read_provider(reader)});
  }
  return metrics;
}

ObjectMeta read_meta(const Json& document, FieldProblems& problems) {
  const auto found = document.is_object() ? document.find("metadata") : document.end();
  auto meta = decode_object_meta(found == document.end() ? Json() : *found);
  if (meta) return *std::move(meta);
  problems.push_back({"metadata", meta.error().message});
  return {};
}

std::vector<Measurement> read_measurements(const FieldReader& from) {
  std::vector<Measurement> list;
  for (const FieldReader& reader : from.children("measurements")) {
    list.push_back({.phase = parse_analysis_phase(reader.string("phase")),
                    .message = reader.string("message"),
                    .started_at = reader.time("startedAt"),
                    .finished_at = reader.time("finishedAt"),
                    .value = reader.string("value"),
                    .metadata = reader.string_map("metadata"),
                    .resume_at = reader.time("resumeAt")});
  }
  return list;
}

MetricResult read_metric_result(const FieldReader& reader) {
  return {.name = reader.string("name"),
          .phase = parse_analysis_phase(reader.string("phase")),
          .measurements = read_measurements(reader),
          .message = reader.string("message"),
          .count = reader.int32("count").value_or(0),
          .successful = reader.int32("successful").value_or(0),
          .failed = reader.int32("failed").value_or(0),
          .inconclusive = reader.int32("inconclusive").value_or(0),
          .error = reader.int32("error").value_or(0),
          .consecutive_error = reader.int32("consecutiveError").value_or(0),
          .consecutive_success = reader.int32("consecutiveSuccess").value_or(0),
          .dry_run = reader.boolean("dryRun"),
          .metadata = reader.string_map("metadata")};
}

RunSummary read_summary(const FieldReader& reader) {
  return {.count = reader.int32("count").value_or(0),
          .successful = reader.int32("successful").value_or(0),
          .failed = reader.int32("failed").value_or(0),
          .inconclusive = reader.int32("inconclusive").value_or(0),
          .error = reader.int32("error").value_or(0)};
}

AnalysisRunStatus read_run_status(const FieldReader& reader) {
  AnalysisRunStatus status;
  status.phase = parse_analysis_phase(reader.string("phase"));
  status.message = reader.string("message");
  for (const FieldReader& result : reader.children("metricResults"))
    status.metric_results.push_back(read_metric_result(result));
  status.started_at = reader.time("startedAt");
  status.completed_at = reader.time("completedAt");
  status.run_summary = read_summary(reader.child("runSummary"));
  if (const FieldReader dry = reader.child("dryRunSummary"); dry.present())
    status.dry_run_summary = read_summary(dry);
  return status;
}

std::optional<TtlStrategy> read_ttl(const FieldReader& reader) {
  if (!reader.present()) return std::nullopt;
  return TtlStrategy{.seconds_after_completion = reader.int32("secondsAfterCompletion"),
                     .seconds_after_failure = reader.int32("secondsAfterFailure"),
                     .seconds_after_success = reader.int32("secondsAfterSuccess")};
}

// ---- writing ----

void put(Json& out, const char* field, const std::string& value) {
  if (!value.empty()) out[field] = value;
}

void put_number(Json& out, const char* field, int64_t value) {
  if (value != 0) out[field] = value;
}

void put_time(Json& out, const char* field, const std::optional<SystemTime>& time) {
  if (time) out[field] = format_time(*time);
}

/// Writes a whole number where the text is one, so that stored runs look as they were written.
void put_int_or_string(Json& out, const char* field, const std::string& text) {
  if (text.empty()) return;
  if (const auto number = whole_number<int32_t>(text); number && *number >= 0)
    out[field] = *number;
  else
    out[field] = text;
}

Json encode_argument(const Argument& arg) {
  Json out = {{"name", arg.name}};
  if (arg.value) out["value"] = *arg.value;
  if (arg.value_from) {
    const ArgumentSource& source = *arg.value_from;
    Json& from = out["valueFrom"] = Json::object();
    if (!source.secret_name.empty())
      from["secretKeyRef"] = {{"name", source.secret_name}, {"key", source.secret_key}};
    if (!source.field_path.empty()) from["fieldRef"] = {{"fieldPath", source.field_path}};
    put(from, "podTemplateHashValue", source.pod_template_hash);
  }
  return out;
}

Json encode_metric(const Metric& metric) {
  Json out = {{"name", metric.name}};
  put(out, "interval", metric.interval);
  put(out, "initialDelay", metric.initial_delay);
  put_int_or_string(out, "count", metric.count);
  put(out, "successCondition", metric.success_condition);
  put(out, "failureCondition", metric.failure_condition);
  put_int_or_string(out, "failureLimit", metric.failure_limit);
  put_int_or_string(out, "inconclusiveLimit", metric.inconclusive_limit);
  put_int_or_string(out, "consecutiveErrorLimit", metric.consecutive_error_limit);
  put_int_or_string(out, "consecutiveSuccessLimit", metric.consecutive_success_limit);
  out["provider"][metric.provider.kind] =
      metric.provider.config ? Json::parse(*metric.provider.config) : Json::object();
  return out;
}

Json encode_measurement(const Measurement& measurement) {
  Json out = {{"phase", to_string(measurement.phase)}};
  put(out, "message", measurement.message);
  put_time(out, "startedAt", measurement.started_at);
  put_time(out, "finishedAt", measurement.finished_at);
  put(out, "value", measurement.value);
  if (!measurement.metadata.empty()) out["metadata"] = measurement.metadata;
  put_time(out, "resumeAt", measurement.resume_at);
  return out;
}

Json encode_metric_result(const MetricResult& result) {
  Json out = {{"name", result.name}, {"phase", to_string(result.phase)}};
  for (const Measurement& measurement : result.measurements)
    out["measurements"].push_back(encode_measurement(measurement));
  put(out, "message", result.message);
  put_number(out, "count", result.count);
  put_number(out, "successful", result.successful);
  put_number(out, "failed", result.failed);
  put_number(out, "inconclusive", result.inconclusive);
  put_number(out, "error", result.error);
  put_number(out, "consecutiveError", result.consecutive_error);
  put_number(out, "consecutiveSuccess", result.consecutive_success);
  if (result.dry_run) out["dryRun"] = true;
  if (!result.metadata.empty()) out["metadata"] = result.metadata;
  return out;
}

Json encode_summary(const RunSummary& summary) {
  Json out = Json::object();
  put_number(out, "count", summary.count);
  put_number(out, "successful", summary.successful);
  put_number(out, "failed", summary.failed);
  put_number(out, "inconclusive", summary.inconclusive);
  put_number(out, "error", summary.error);
  return out;
}

}  // namespace

RolloutAnalysis read_rollout_analysis(const FieldReader& from) {
  const FieldReader run_meta = from.child("analysisRunMetadata");
  return {.templates = read_template_refs(from),
          .args = read_arguments(from),
          .dry_run = read_dry_run(from),
          .measurement_retention = read_retention(from),
          .run_labels = run_meta.string_map("labels"),
          .run_annotations = run_meta.string_map("annotations")};
}

Decoded<AnalysisTemplate> decode_analysis_template(const Json& document) {
  Decoded<AnalysisTemplate> out;
  out.value.meta = read_meta(document, out.problems);
  const FieldReader root(document, "", out.problems);
  out.value.cluster_scope = root.string("kind") == kClusterAnalysisTemplate;
  const FieldReader spec = root.child("spec");
  out.value.spec = {.metrics = read_metrics(spec),
                    .args = read_arguments(spec),
                    .dry_run = read_dry_run(spec),
                    .measurement_retention = read_retention(spec),
                    .templates = read_template_refs(spec)};
  return out;
}

Decoded<AnalysisRun> decode_analysis_run(const Json& document) {
  Decoded<AnalysisRun> out;
  out.value.meta = read_meta(document, out.problems);
  const FieldReader root(document, "", out.problems);
  const FieldReader spec = root.child("spec");
  out.value.spec = {.metrics = read_metrics(spec),
                    .args = read_arguments(spec),
                    .terminate = spec.boolean("terminate"),
                    .dry_run = read_dry_run(spec),
                    .measurement_retention = read_retention(spec),
                    .ttl_strategy = read_ttl(spec.child("ttlStrategy"))};
  out.value.status = read_run_status(root.child("status"));
  return out;
}

Json encode_analysis_run(const AnalysisRun& run) {
  Json spec = Json::object();
  for (const Metric& metric : run.spec.metrics) spec["metrics"].push_back(encode_metric(metric));
  for (const Argument& arg : run.spec.args) spec["args"].push_back(encode_argument(arg));
  for (const DryRun& dry : run.spec.dry_run)
    spec["dryRun"].push_back({{"metricName", dry.metric_name}});
  for (const MeasurementRetention& keep : run.spec.measurement_retention) {
    spec["measurementRetention"].push_back(
        {{"metricName", keep.metric_name}, {"limit", keep.limit}});
  }
  if (run.spec.terminate) spec["terminate"] = true;
  return {{"apiVersion", kApiVersion},
          {"kind", kAnalysisRun},
          {"metadata", encode_object_meta(run.meta)},
          {"spec", std::move(spec)}};
}

Json encode_analysis_run_status(const AnalysisRunStatus& status) {
  Json out = Json::object();
  put(out, "phase", std::string(to_string(status.phase)));
  put(out, "message", status.message);
  for (const MetricResult& result : status.metric_results)
    out["metricResults"].push_back(encode_metric_result(result));
  put_time(out, "startedAt", status.started_at);
  put_time(out, "completedAt", status.completed_at);
  out["runSummary"] = encode_summary(status.run_summary);
  if (status.dry_run_summary) out["dryRunSummary"] = encode_summary(*status.dry_run_summary);
  return out;
}

}  // namespace sluice::crds
