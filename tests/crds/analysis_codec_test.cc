#include "crds/analysis_codec.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::crds {
namespace {

Json run_document() {
  return Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
    "metadata": {"name": "shop-abc-2", "namespace": "default"},
    "spec": {
      "args": [{"name": "hash", "value": "abc"},
               {"name": "token", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
      "dryRun": [{"metricName": ".*"}],
      "metrics": [{"name": "rate", "interval": "10s", "count": 3, "failureLimit": "{{args.limit}}",
                   "successCondition": "result[0] > 0.9",
                   "provider": {"prometheus": {"address": "http://x", "query": "up"}}}]},
    "status": {"phase": "Running", "startedAt": "2026-01-02T03:04:05Z",
      "runSummary": {"count": 1},
      "metricResults": [{"name": "rate", "phase": "Running", "count": 1, "successful": 1,
        "measurements": [{"phase": "Successful", "value": "[1]",
                          "startedAt": "2026-01-02T03:04:05Z",
                          "finishedAt": "2026-01-02T03:04:06Z"}]}]}})");
}

TEST_CASE("an analysis run survives the way through typed values", "[codec]") {
  const auto decoded = decode_analysis_run(run_document());
  REQUIRE(decoded.ok());
  const AnalysisRun& run = decoded.value;
  CHECK(run.spec.metrics.at(0).count == "3");
  CHECK(run.spec.metrics.at(0).provider.kind == "prometheus");
  CHECK(run.status.metric_results.at(0).measurements.at(0).phase == AnalysisPhase::Successful);

  Json expected = run_document();
  expected.erase("status");
  CHECK(encode_analysis_run(run) == expected);
  CHECK(encode_analysis_run_status(run.status) == run_document()["status"]);
}

TEST_CASE("a metric without exactly one provider is a problem", "[codec]") {
  Json document = run_document();
  document["spec"]["metrics"][0]["provider"] = {{"web", Json::object()}, {"job", Json::object()}};
  const auto decoded = decode_analysis_run(document);
  REQUIRE(decoded.problems.size() == 1);
  CHECK(decoded.problems[0].path == "spec.metrics[0].provider");
}

}  // namespace
}  // namespace sluice::crds
