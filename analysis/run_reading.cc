#include "analysis/run_reading.h"

#include "analysis/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace sluice::analysis {
namespace {

using crds::AnalysisPhase;

constexpr size_t kValueMax = 64;  // bytes

/// "0.0243" of "[0.024300000000000002]"; lists and words stay, cut where they are long.
std::string value_text(std::string value) {
  const bool single = value.size() > 2 && value.front() == '[' && value.back() == ']' &&
                      value.find(',') == std::string::npos;
  if (single) value = value.substr(1, value.size() - 2);
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (!value.empty() && end == value.c_str() + value.size()) return fmt::format("{:.6g}", number);
  return value.size() > kValueMax ? value.substr(0, kValueMax) + "…" : value;
}

int rank(const crds::MetricResult& result) {
  const bool bad = result.phase == AnalysisPhase::Failed || result.phase == AnalysisPhase::Error ||
                   result.phase == AnalysisPhase::Inconclusive;
  if (bad) return 0;
  if (result.measurements.empty()) return 4;
  const crds::Measurement& last = result.measurements.back();
  if (is_no_data(last) || is_unobservable(last)) return 1;
  if (last.phase != AnalysisPhase::Successful) return 2;
  return crds::is_completed(result.phase) ? 4 : 3;
}

/// The last measurement that speaks for the metric's end: of a failed one, the last bad one.
const crds::Measurement* telling(const crds::MetricResult& result) {
  const auto& all = result.measurements;
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const crds::Measurement& one) {
    return result.phase != AnalysisPhase::Failed || one.phase == AnalysisPhase::Failed;
  });
  return found == all.rend() ? nullptr : &*found;
}

std::string counts_text(const crds::MetricResult& result) {
  std::string text = fmt::format("{} good, {} bad", result.successful, result.failed);
  if (result.inconclusive > 0) text += fmt::format(", {} undecided", result.inconclusive);
  if (result.error > 0) text += fmt::format(", {} errors", result.error);
  return text;
}

const crds::Metric* find_metric(const crds::AnalysisRun& run, const std::string& name) {
  const auto& metrics = run.spec.metrics;
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [&](const crds::Metric& metric) { return metric.name == name; });
  return found == metrics.end() ? nullptr : &*found;
}

struct Bound {
  bool upper = false;
  std::string number;
};

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// Of a condition that compares the value, or the first of a list, with a number.
std::optional<Bound> simple_bound(std::string condition) {
  std::erase(condition, ' ');
  std::string_view rest = condition;
  if (!take(rest, "result")) return std::nullopt;
  take(rest, "[0]");
  const bool upper = rest.starts_with('<');
  if (!take(rest, "<") && !take(rest, ">")) return std::nullopt;
  take(rest, "=");
  const bool number = !rest.empty() && rest.find_first_not_of("0123456789.-") == rest.npos;
  return number ? std::optional(Bound{upper, std::string(rest)}) : std::nullopt;
}

}  // namespace

std::string limit_text(const crds::Metric& metric) {
  const bool good = !metric.success_condition.empty();
  const std::string& condition = good ? metric.success_condition : metric.failure_condition;
  if (condition.empty()) return "";
  const std::optional<Bound> bound = simple_bound(condition);
  if (!bound) return good ? condition : fmt::format("not ({})", condition);
  // A failure condition is beyond the limit, a success condition within.
  return fmt::format("{} {}", bound->upper == good ? "limit" : "at least", bound->number);
}

RunReading read_run(const crds::AnalysisRun& run) {
  const crds::MetricResult* told = nullptr;
  for (const crds::MetricResult& result : run.status.metric_results) {
    if (result.dry_run || rank(result) >= 4) continue;
    if (told == nullptr || rank(result) < rank(*told)) told = &result;
  }
  const crds::Measurement* last = told == nullptr ? nullptr : telling(*told);
  if (last == nullptr) return {};
  const crds::Metric* metric = find_metric(run, told->name);
  RunReading reading{.observed = told->name,
                     .wanted = metric == nullptr ? "" : limit_text(*metric),
                     .without_data = is_no_data(*last),
                     .unobservable = is_unobservable(*last)};
  if (reading.without_data || reading.unobservable || last->value.empty()) {
    reading.text = fmt::format("{}: {}", told->name, last->message);
    return reading;
  }
  reading.observed += " " + value_text(last->value);
  reading.text = reading.observed;
  if (!reading.wanted.empty()) reading.text += ", " + reading.wanted;
  reading.text += fmt::format(" ({})", counts_text(*told));
  return reading;
}

}  // namespace sluice::analysis
