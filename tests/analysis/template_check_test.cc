#include "analysis/template_check.h"

#include "tests/analysis/metric_builders.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace sluice::analysis {
namespace {

ProviderChecks providers() {
  const auto fine = [](const JsonText&, std::string_view) { return crds::FieldProblems{}; };
  const auto picky = [](const JsonText&, std::string_view path) {
    return crds::FieldProblems{{std::string(path) + ".query", "Required value: a query"}};
  };
  const auto list = [](const JsonText&) { return StaticType::Numbers; };
  return {{"scripted", {fine}}, {"prometheus", {picky}}, {"listing", {fine, list}}};
}

std::vector<std::string> sentences(const crds::FieldProblems& problems) {
  std::vector<std::string> all;
  for (const crds::FieldProblem& problem : problems) all.push_back(problem.sentence());
  return all;
}

using Sentences = std::vector<std::string>;

Sentences check(const crds::AnalysisTemplateSpec& spec) {
  const ProviderChecks known = providers();
  return sentences(check_template(spec, &known));
}

crds::AnalysisTemplateSpec spec_of(std::vector<crds::Metric> metrics) {
  crds::AnalysisTemplateSpec spec;
  spec.metrics = std::move(metrics);
  return spec;
}

TEST_CASE("a sound template has no problems", "[template_check]") {
  crds::AnalysisTemplateSpec spec = spec_of({make_metric("rate", "result[0] >= {{args.limit}}")});
  spec.metrics[0].interval = "{{args.interval}}";
  spec.metrics[0].count = "{{args.count}}";
  spec.metrics[0].failure_limit = "2";
  spec.args = {{.name = "limit", .value = "0.95", .value_from = {}},
               {.name = "interval", .value = {}, .value_from = {}},
               {.name = "count", .value = {}, .value_from = {}}};
  spec.dry_run = {{".*"}};
  CHECK(check(spec).empty());
  crds::AnalysisTemplateSpec nested;
  nested.templates = {{"other", false}};
  nested.dry_run = {{"metric-of-the-other"}};
  CHECK(check(nested).empty());
}

TEST_CASE("each problem names its field", "[template_check]") {
  crds::AnalysisTemplateSpec spec = spec_of(
      {make_metric("a", "result[0] >="), make_metric("a", "1 + 1"), make_metric("", "true")});
  spec.metrics[0].count = "5";
  spec.metrics[1].failure_condition = "resul > 1";
  spec.metrics[2].provider.kind = "graphite";
  CHECK(
      check(spec) ==
      Sentences{
          "spec.metrics[0].interval: Invalid value: \"\": must be given when count is greater than "
          "1",
          "spec.metrics[0].successCondition: Invalid value: \"result[0] >=\": the expression ends "
          "too early (column 13)",
          "spec.metrics[1].name: Duplicate value: \"a\"",
          "spec.metrics[1].successCondition: Invalid value: \"1 + 1\": a condition must give true "
          "or false, this gives a number (column 1)",
          "spec.metrics[1].failureCondition: Invalid value: \"resul > 1\": unknown name \"resul\"; "
          "did you mean \"result\"? (column 1)",
          "spec.metrics[2].name: Required value: a metric needs a name",
          "spec.metrics[2].provider: metric provider \"graphite\" is not known (known: listing, "
          "prometheus, scripted)"});
}

TEST_CASE("providers check their own settings, where they are known", "[template_check]") {
  crds::AnalysisTemplateSpec spec = spec_of({make_metric("a")});
  spec.metrics[0].provider.kind = "prometheus";
  CHECK(check(spec) ==
        Sentences{"spec.metrics[0].provider.prometheus.query: Required value: a query"});
  CHECK(check_template(spec, nullptr).empty());
  spec.metrics[0].provider.kind = "";
  CHECK(sentences(check_template(spec, nullptr)) ==
        Sentences{"spec.metrics[0].provider: Required value: exactly one metric provider"});
}

TEST_CASE("a condition must fit what its source answers", "[template_check]") {
  crds::AnalysisTemplateSpec spec = spec_of({make_metric("a", "result == 0")});
  CHECK(check(spec).empty());
  spec.metrics[0].provider.kind = "listing";
  CHECK(check(spec) ==
        Sentences{
            "spec.metrics[0].successCondition: Invalid value: \"result == 0\": \"==\" does not go "
            "with a list of numbers and a number (column 8); result is a list of numbers, the "
            "first is result[0]"});
  spec.metrics[0].success_condition = "result[0] == 0";
  CHECK(check(spec).empty());
}

TEST_CASE("arguments are checked", "[template_check]") {
  crds::AnalysisTemplateSpec spec = spec_of({make_metric("a", "result > {{args.limit}}")});
  spec.metrics[0].provider.config = make_json_text(R"({"query":"{{args.pod}} {{stray}}"})");
  crds::Argument both{.name = "x", .value = "1", .value_from = crds::ArgumentSource{}};
  both.value_from->secret_name = "s";
  spec.args = {both, {.name = "x", .value = {}, .value_from = {}}, {}};
  CHECK(check(spec) ==
        Sentences{
            "spec.metrics[0].successCondition: the argument \"limit\" is not declared in spec.args",
            "spec.metrics[0].provider.scripted: the argument \"pod\" is not declared in spec.args",
            "spec.metrics[0].provider.scripted: {{stray}} is not of the form {{args.NAME}}",
            "spec.args[0]: value and valueFrom exclude each other",
            "spec.args[0].valueFrom.secretKeyRef: Required value: both name and key",
            "spec.args[1].name: Duplicate value: \"x\"",
            "spec.args[2].name: Required value: an argument needs a name"});
}

TEST_CASE("rules for metrics are checked", "[template_check]") {
  crds::AnalysisTemplateSpec spec = spec_of({make_metric("a")});
  spec.dry_run = {{"b"}, {"("}};
  spec.measurement_retention = {{"a", 0}};
  CHECK(check(spec) ==
        Sentences{"spec.dryRun[0].metricName: Invalid value: \"b\": matches no metric",
                  "spec.dryRun[1].metricName: Invalid value: \"(\": bad regular expression \"(\": "
                  "missing ): (",
                  "spec.measurementRetention[0].limit: Invalid value: 0: must be at least 1"});
}

TEST_CASE("empty templates and runs are refused", "[template_check]") {
  CHECK(check({}) ==
        Sentences{"spec.metrics: Required value: at least one metric, or a reference to "
                  "a template"});
  crds::AnalysisRunSpec run;
  run.args = {{.name = "x", .value = {}, .value_from = {}}};
  CHECK(sentences(check_run_spec(run, nullptr)) ==
        Sentences{"spec.metrics: Required value: at least one metric",
                  "spec.args[0].value: Required value: an argument of a run has a value"});
}

}  // namespace
}  // namespace sluice::analysis
