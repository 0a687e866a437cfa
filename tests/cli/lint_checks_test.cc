#include "cli/lint_checks.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace sluice::cli {
namespace {

std::vector<std::string> lint_texts(const std::string& text) {
  const analysis::ProviderRegistry providers;
  std::vector<std::string> texts;
  for (const crds::Finding& finding : crds::lint({{"-", text}}, lint_checks(providers)))
    texts.push_back(finding.field + ": " + finding.message);
  return texts;
}

TEST_CASE("what cannot be read does not hide what is wrong beside it") {
  CHECK(lint_texts(R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  progressDeadlineSeconds: soon
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: shop:v1}]}}
  strategy:
    canary:
      stableService: shop
      canaryService: shop
      trafficRouting: {gatewayAPI: {httpRoute: shop}}
)") == std::vector<std::string>{
           "spec.progressDeadlineSeconds: Invalid value: \"string\": "
           "spec.progressDeadlineSeconds in body must be of type integer: \"string\"",
           "spec.strategy.canary.stableService: Invalid value: \"shop\": must differ from "
           "canaryService"});
}

TEST_CASE("what cannot be read is not missing too") {
  CHECK(lint_texts(R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: shop:v1}]}}
  strategy:
    canary:
      stableService: shop
      canaryService: shop-canary
      trafficRouting: {gatewayAPI: {httpRoute: shop}}
      steps:
      - setCanaryScale: {replicas: 99999999999}
)") == std::vector<std::string>{
           "spec.strategy.canary.steps[0].setCanaryScale.replicas: Invalid value: 99999999999: "
           "must fit 32 bits"});
}

TEST_CASE("an AnalysisRun is judged as a template is") {
  const auto texts = lint_texts(R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata: {name: by-hand}
spec:
  metrics:
  - {name: a, successCondition: result >, provider: {prometheus: {query: up}}}
)");
  REQUIRE_FALSE(texts.empty());
  CHECK(texts.front() ==
        "spec.metrics[0].successCondition: Invalid value: \"result >\": the expression ends too "
        "early "
        "(column 9)");
}

}  // namespace
}  // namespace sluice::cli
