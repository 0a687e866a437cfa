#include "analysis/arguments.h"
#include "cli/look/run_view.h"
#include "cli/look/text_table.h"
#include "crds/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ranges>
#include <utility>

namespace sluice::cli {
namespace {

/// A metric as it was asked for, and what came of it.
struct MetricView {
  crds::Metric metric;
  crds::MetricResult result;  ///< Without a phase where nothing has been measured.
};

/// The text with the arguments that the run itself holds; those of Secrets stay as they are
/// written.
std::string with_arguments(const std::string& condition, const StringMap& values) {
  return analysis::substitute(condition, values).value_or(condition);
}

std::vector<MetricView> metrics_of(const crds::AnalysisRun& run) {
  StringMap values;
  for (const crds::Argument& arg : run.spec.args)
    if (arg.value) values[arg.name] = *arg.value;
  std::vector<MetricView> views;
  for (const crds::Metric& metric : run.spec.metrics) {
    MetricView& view = views.emplace_back(MetricView{metric, {}});
    view.metric.success_condition = with_arguments(metric.success_condition, values);
    view.metric.failure_condition = with_arguments(metric.failure_condition, values);
    const auto& results = run.status.metric_results;
    const auto result = std::ranges::find(results, metric.name, &crds::MetricResult::name);
    if (result != results.end()) view.result = *result;
  }
  return views;
}

std::string counts_of(const crds::MetricResult& result) {
  return counts_text(result.successful, result.failed, result.inconclusive, result.error);
}

std::string indented(const std::string& text) {
  std::string lines = "  ";
  for (const char c : text) lines += c == '\n' ? "\n  " : std::string(1, c);
  lines.resize(lines.size() - 2);
  return lines;
}

std::string measurements_table(const std::vector<crds::Measurement>& measurements, SystemTime now,
                               const RunStyle& style) {
  TextTable table;
  table.add(style.wide ? std::vector<std::string>{"AGE", "FINISHED", "STATUS", "VALUE", "MESSAGE"}
                       : std::vector<std::string>{"AGE", "STATUS", "VALUE", "MESSAGE"});
  for (const crds::Measurement& each : measurements | std::views::reverse) {
    const auto& time = each.finished_at ? each.finished_at : each.started_at;
    std::vector<std::string> row = {time ? format_age(now - *time) : ""};
    if (style.wide) row.push_back(each.finished_at ? format_time(*each.finished_at) : "");
    row.push_back(verdict_text(std::string(crds::to_string(each.phase)), style.tree));
    row.push_back(plain(each.value));
    row.push_back(plain(each.message));
    table.add(std::move(row));
  }
  return indented(table.render());
}

std::string metric_text(const MetricView& view, SystemTime now, const RunStyle& style) {
  const crds::MetricResult& result = view.result;
  const std::string phase(crds::to_string(result.phase));
  std::string head = phase.empty() ? "not measured yet" : verdict_text(phase, style.tree);
  if (const std::string counts = counts_of(result); !counts.empty()) head += "  " + counts;
  if (result.dry_run) head += "  (dry run: it decides nothing)";
  std::string text = "\n" + header_line(view.metric.name, head);
  if (!view.metric.success_condition.empty())
    text += header_line("  Succeeds if:", plain(view.metric.success_condition));
  if (!view.metric.failure_condition.empty())
    text += header_line("  Fails if:", plain(view.metric.failure_condition));
  if (!result.message.empty()) text += header_line("  Message:", plain(result.message));
  if (!result.measurements.empty()) text += measurements_table(result.measurements, now, style);
  return text;
}

Json encode(const crds::Measurement& measurement) {
  Json out = {{"status", crds::to_string(measurement.phase)},
              {"value", measurement.value},
              {"message", measurement.message}};
  if (measurement.started_at) out["startedAt"] = format_time(*measurement.started_at);
  if (measurement.finished_at) out["finishedAt"] = format_time(*measurement.finished_at);
  return out;
}

Json encode(const MetricView& view) {
  Json measurements = Json::array();
  for (const crds::Measurement& each : view.result.measurements)
    measurements.push_back(encode(each));
  return {{"name", view.metric.name},
          {"status", crds::to_string(view.result.phase)},
          {"message", view.result.message},
          {"dryRun", view.result.dry_run},
          {"successCondition", view.metric.success_condition},
          {"failureCondition", view.metric.failure_condition},
          {"count", view.result.count},
          {"successful", view.result.successful},
          {"failed", view.result.failed},
          {"inconclusive", view.result.inconclusive},
          {"error", view.result.error},
          {"measurements", std::move(measurements)}};
}

/// The name of the Rollout that asked for the run; "" for a run that a person has made.
std::string rollout_of(const crds::AnalysisRun& run) {
  const OwnerReference* owner = run.meta.controller();
  return owner != nullptr && owner->kind == crds::kRollout ? owner->name : "";
}

std::string moment(SystemTime time, SystemTime now) {
  return fmt::format("{} ({} ago)", format_time(time), format_age(now - time));
}

}  // namespace

std::string counts_text(int32_t successful, int32_t failed, int32_t inconclusive, int32_t error) {
  std::string text;
  const auto count = [&text](const char* glyph, int32_t number) {
    if (number > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ",", glyph, number);
  };
  count("✔", successful);
  count("✖", failed);
  count("?", inconclusive);
  count("⚠", error);
  return text;
}

std::string counts_of(const crds::AnalysisRun& run) {
  crds::MetricResult sum;
  for (const crds::MetricResult& each : run.status.metric_results) {
    if (each.dry_run) continue;
    sum.successful += each.successful;
    sum.failed += each.failed;
    sum.inconclusive += each.inconclusive;
    sum.error += each.error;
  }
  return counts_of(sum);
}

std::string render_analysis_run(const crds::AnalysisRun& run, SystemTime now, RunStyle style) {
  const crds::AnalysisRunStatus& status = run.status;
  const std::string phase(crds::to_string(status.phase));
  std::string text = header_line("Name:", run.meta.name);
  text += header_line("Namespace:", run.meta.namespace_);
  text += header_line(
      "Status:", phase.empty() ? "no controller has seen it yet" : verdict_text(phase, style.tree));
  if (!status.message.empty()) text += header_line("Message:", plain(status.message));
  if (const std::string rollout = rollout_of(run); !rollout.empty()) {
    const std::string revision = run.meta.annotation(crds::kRevisionAnnotation);
    text += header_line("Rollout:",
                        revision.empty() ? rollout : rollout + ", revision " + plain(revision));
  }
  if (status.started_at) text += header_line("Started:", moment(*status.started_at, now));
  if (status.completed_at) text += header_line("Ended:", moment(*status.completed_at, now));
  for (const MetricView& view : metrics_of(run)) text += metric_text(view, now, style);
  return text;
}

Json encode_analysis_run_info(const crds::AnalysisRun& run) {
  Json metrics = Json::array();
  for (const MetricView& view : metrics_of(run)) metrics.push_back(encode(view));
  Json out = {{"name", run.meta.name},
              {"namespace", run.meta.namespace_},
              {"status", crds::to_string(run.status.phase)},
              {"message", run.status.message},
              {"rollout", rollout_of(run)},
              {"revision", run.meta.annotation(crds::kRevisionAnnotation)},
              {"metrics", std::move(metrics)}};
  if (run.status.started_at) out["startedAt"] = format_time(*run.status.started_at);
  if (run.status.completed_at) out["completedAt"] = format_time(*run.status.completed_at);
  return out;
}

}  // namespace sluice::cli
