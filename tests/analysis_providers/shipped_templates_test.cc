#include "tests/analysis_providers/shipped_templates.h"

#include "analysis/providers/prometheus_provider.h"
#include "analysis/template_resolver.h"
#include "tests/analysis_providers/scripted_source.h"

#include <catch2/catch.hpp>

#include <vector>

namespace sluice::analysis {
namespace {

TEST_CASE("the shipped templates are sound and go together", "[templates]") {
  ScriptedSource script;
  ProviderRegistry registry;
  registry.add(make_prometheus_provider(script.source, ""));
  const ProviderChecks checks = registry.checks();

  std::vector<crds::AnalysisTemplate> templates;
  for (const char* name : {"success-rate", "error-rate", "latency-p95"}) {
    templates.push_back(shipped_template(name));
    CHECK(templates.back().meta.name == name);
    for (const auto& problem : check_template(templates.back().spec, &checks))
      FAIL_CHECK(name << ": " << problem.sentence());
  }
  const std::vector<crds::Argument> args{{.name = "pod-hash", .value = "abc", .value_from = {}}};
  const auto spec = flatten_templates({&templates[0], &templates[1], &templates[2]}, args);
  REQUIRE(spec.has_value());
  CHECK(spec->metrics.size() == 3);
  const auto values = argument_values(spec->args, {});
  REQUIRE(values.has_value());
  const auto metrics = prepare_metrics(*spec, *values);
  REQUIRE(metrics.has_value());
  CHECK(metrics->at(0).success->text() == "result[0] >= 0.95");
  CHECK(metrics->at(1).success->text() == "result[0] <= 0.01");
  CHECK(metrics->at(2).success->text() == "result[0] <= 0.5");
  CHECK(metrics->at(0).settings.count == 3);
}

}  // namespace
}  // namespace sluice::analysis
