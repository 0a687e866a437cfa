#include "analysis/use_check.h"

#include "tests/analysis/metric_builders.h"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

namespace sluice::analysis {
namespace {

/// A template "errors" of two metrics, the second of which is the one in question.
struct Case {
  const char* interval;
  const char* count;
  const char* streak;
  const char* default_value;
  const char* given;
  const char* dry_run;
  bool is_waited_for;
  bool is_legal;
};

std::vector<std::string> problems_of(const Case& one) {
  crds::AnalysisTemplate errors;
  errors.meta.name = "errors";
  errors.spec.metrics = {make_metric("first"), make_metric("second")};
  crds::Metric& metric = errors.spec.metrics.back();
  metric.interval = one.interval;
  metric.count = one.count;
  metric.consecutive_success_limit = one.streak;
  errors.spec.args = {{.name = "count", .value = std::string(one.default_value), .value_from = {}}};
  if (*one.dry_run != '\0') errors.spec.dry_run = {{one.dry_run}};
  crds::RolloutAnalysis analysis;
  analysis.templates = {{"errors", false}};
  if (*one.given != '\0')
    analysis.args = {{.name = "count", .value = std::string(one.given), .value_from = {}}};
  const crds::AnalysisUse use{"steps[0].analysis", &analysis, one.is_waited_for};
  std::vector<std::string> sentences;
  for (const auto& problem : check_use(use, {}, [&](const crds::TemplateRef&) { return &errors; }))
    sentences.push_back(problem.sentence());
  return sentences;
}

TEST_CASE("only where something waits for it a metric needs an end", "[use_check]") {
  const Case cases[] = {
      // interval, count, streak, default, given, dry run, waited for, legal
      {"10s", "", "", "1", "", "", true, false},
      {"10s", "", "", "1", "", "", false, true},
      {"10s", "0", "", "1", "", "", true, false},
      {"10s", "3", "", "1", "", "", true, true},
      {"", "", "", "1", "", "", true, true},
      {"", "0", "", "1", "", "", true, true},
      {"10s", "{{args.count}}", "", "0", "", "", true, false},
      {"10s", "{{args.count}}", "", "0", "3", "", true, true},
      {"10s", "{{args.count}}", "", "3", "0", "", true, false},
      {"10s", "{{args.count}}", "", "0", "", "", false, true},
      // A streak ends it.
      {"10s", "", "3", "1", "", "", true, true},
      {"10s", "", "{{args.count}}", "0", "", "", true, false},
      // A run waits for a dry-run only where it has nothing else.
      {"10s", "", "", "1", "", "second", true, true},
      {"10s", "", "", "1", "", ".*", true, false},
  };
  for (const Case& one : cases) {
    INFO(one.interval << ", " << one.count << ", " << one.streak << ", " << one.default_value
                      << ", " << one.given << ", " << one.dry_run);
    CHECK(problems_of(one).empty() == one.is_legal);
  }
}

TEST_CASE("the sentence names template, metric and field", "[use_check]") {
  CHECK(problems_of({"10s", "", "", "1", "", "", true, false}) ==
        std::vector<std::string>{
            "steps[0].analysis.templates: Invalid value: AnalysisTemplate \"errors\": "
            "spec.metrics[1].count: Required value: metric \"second\" has an interval and no "
            "count: it never ends, and the rollout waits here for its end"});
  CHECK(problems_of({"10s", "{{args.count}}", "", "0", "", "", true, false}) ==
        std::vector<std::string>{
            "steps[0].analysis.templates: Invalid value: AnalysisTemplate \"errors\": "
            "spec.metrics[1].count: Required value: metric \"second\" has an interval and a count "
            "of 0 ({{args.count}}): it never ends, and the rollout waits here for its end"});
}

TEST_CASE("an endless metric named by a Secret is let pass until it is known", "[use_check]") {
  crds::AnalysisTemplate errors;
  errors.meta.name = "errors";
  errors.spec.metrics = {make_metric("one")};
  errors.spec.metrics[0].interval = "10s";
  errors.spec.metrics[0].count = "{{args.count}}";
  errors.spec.args = {{.name = "count",
                       .value = {},
                       .value_from = crds::ArgumentSource{.secret_name = "s", .secret_key = "k"}}};
  crds::RolloutAnalysis analysis;
  analysis.templates = {{"errors", false}};
  CHECK(check_use({"here", &analysis, true}, {}, [&](const auto&) { return &errors; }).empty());
}

}  // namespace
}  // namespace sluice::analysis
