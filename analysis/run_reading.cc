#include "analysis/run_reading.h"

#include "analysis/arguments.h"
#include "analysis/judge.h"
#include "base/short_text.h"
#include "base/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace sluice::analysis {
namespace {

using crds::AnalysisPhase;

constexpr size_t kValueMax = 64;  // bytes
constexpr Duration kNoDataWorthTelling = std::chrono::minutes(1);

/// "0.0243" of "[0.024300000000000002]"; lists and words stay, cut where they are long.
std::string value_text(std::string value) {
  const bool single = value.size() > 2 && value.front() == '[' && value.back() == ']' &&
                      value.find(',') == std::string::npos;
  if (single) value = value.substr(1, value.size() - 2);
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (!value.empty() && end == value.c_str() + value.size()) return fmt::format("{:.6g}", number);
  return shortened(value, kValueMax);
}

bool under_way(const crds::Measurement& measurement) {
  return !crds::is_completed(measurement.phase);
}

/// The last measurement that speaks for the metric: of a failed one, the last bad one. One that is
/// under way speaks only where there is no other.
const crds::Measurement* telling(const crds::MetricResult& result) {
  const auto& all = result.measurements;
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const crds::Measurement& one) {
    if (result.phase == AnalysisPhase::Failed) return one.phase == AnalysisPhase::Failed;
    return !under_way(one) || all.size() == 1;
  });
  return found == all.rend() ? nullptr : &*found;
}

constexpr int kNothingToTell = 7;

/// 0 for what matters most. The metric that decided has given its words to the run; others that
/// were ended with it are Inconclusive, and are not to blame.
int rank(const crds::AnalysisRunStatus& run, const crds::MetricResult& result) {
  const crds::Measurement* last = telling(result);
  if (result.dry_run || last == nullptr) return kNothingToTell;
  if (crds::is_completed(result.phase) && result.phase != AnalysisPhase::Successful) {
    if (!result.message.empty() && result.message == run.message) return 0;
    if (result.phase == AnalysisPhase::Failed) return 1;
    return result.phase == AnalysisPhase::Error ? 2 : 3;
  }
  if (is_no_data(*last) || is_unobservable(*last)) return 4;
  if (!under_way(*last) && last->phase != AnalysisPhase::Successful) return 5;
  return crds::is_completed(result.phase) ? kNothingToTell : 6;
}

const crds::MetricResult* most_telling(const crds::AnalysisRunStatus& run) {
  const crds::MetricResult* told = nullptr;
  int least = kNothingToTell;
  for (const crds::MetricResult& result : run.metric_results) {
    const int of_this = rank(run, result);
    if (of_this >= least) continue;
    least = of_this;
    told = &result;
  }
  return told;
}

/// Data has been missing for so long that it is worth a word: less is how every metric begins that
/// wants two scrapes, or a number of requests, for an answer.
bool lacks_data(const crds::MetricResult& result, const crds::Measurement& last) {
  const auto noted = result.metadata.find(kNoDataSince);
  if (!is_no_data(last)) return false;
  if (crds::is_completed(result.phase) || noted == result.metadata.end()) return true;
  const auto since = parse_time(noted->second);
  return !since || !last.finished_at || *last.finished_at - *since >= kNoDataWorthTelling;
}

std::string counts_text(const crds::MetricResult& result) {
  std::string text = fmt::format("{} good, {} bad", result.successful, result.failed);
  if (result.inconclusive > 0) text += fmt::format(", {} undecided", result.inconclusive);
  if (result.error > 0) text += fmt::format(", {} errors", result.error);
  return text;
}

struct Bound {
  bool upper = false;
  bool strict = false;  ///< The number itself is beyond.
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
  const bool strict = !take(rest, "=");
  const bool number = !rest.empty() && rest.find_first_not_of("0123456789.-") == rest.npos;
  return number ? std::optional(Bound{upper, strict, std::string(rest)}) : std::nullopt;
}

}  // namespace

std::string limit_text(const crds::Metric& metric) {
  const bool good = !metric.success_condition.empty();
  const std::string& condition = good ? metric.success_condition : metric.failure_condition;
  if (condition.empty()) return "";
  const std::optional<Bound> bound = simple_bound(condition);
  if (!bound) return good ? condition : fmt::format("not ({})", condition);
  // A failure condition is beyond the limit, a success condition within: what is not below 5 is at
  // least 5, and what is not at most 5 is above it.
  const bool upper = bound->upper == good;
  const bool strict = bound->strict == good;
  return fmt::format("{} {}", upper ? "limit" : strict ? "above" : "at least", bound->number);
}

namespace {

/// The limit of the run's metric of that name, with the arguments put in; a secret stays a tag.
std::string wanted_of(const crds::AnalysisRun& run, const std::string& name) {
  const auto& metrics = run.spec.metrics;
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [&](const crds::Metric& metric) { return metric.name == name; });
  if (found == metrics.end()) return "";
  StringMap values;
  for (const crds::Argument& argument : run.spec.args)
    if (argument.value) values[argument.name] = *argument.value;
  const auto put_in = [&](const std::string& condition) {
    return substitute(condition, values).value_or(condition);
  };
  return limit_text({.name = name,
                     .success_condition = put_in(found->success_condition),
                     .failure_condition = put_in(found->failure_condition)});
}

}  // namespace

RunReading read_run(const crds::AnalysisRun& run) {
  const crds::MetricResult* told = most_telling(run.status);
  if (told == nullptr) return {};
  const crds::Measurement& last = *telling(*told);
  RunReading reading{.observed = told->name,
                     .wanted = wanted_of(run, told->name),
                     .without_data = lacks_data(*told, last),
                     .unobservable = is_unobservable(last)};
  if (is_no_data(last) || reading.unobservable || last.value.empty()) {
    reading.text = fmt::format("{}: {}", told->name,
                               under_way(last) ? "is being measured" : last.message.c_str());
    if (is_no_data(last)) reading.observed += " without data";
    return reading;
  }
  reading.observed += " " + value_text(last.value);
  reading.text = reading.observed;
  if (!reading.wanted.empty()) reading.text += ", " + reading.wanted;
  reading.text += fmt::format(" ({})", counts_text(*told));
  return reading;
}

}  // namespace sluice::analysis
