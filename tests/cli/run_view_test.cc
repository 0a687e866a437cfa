// What `sluice get analysisrun` and `sluice get experiment` show, word by word.

#include "cli/look/run_view.h"

#include "crds/analysis_codec.h"
#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <iterator>
#include <sstream>

using namespace sluice;
using namespace sluice::cli;
using cli::test::kNow;

namespace {

constexpr RunStyle kPlain{.tree = {.color = false}};

crds::AnalysisRun failed_run() {
  const auto decoded = crds::decode_analysis_run(Json::parse(R"json({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
    "metadata": {"name": "shop-three-3-1", "namespace": "default",
                 "annotations": {"rollout.argoproj.io/revision": "3"},
                 "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
                                      "name": "shop", "uid": "rollout-uid", "controller": true}]},
    "spec": {"args": [{"name": "limit", "value": "0.01"},
                      {"name": "token", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
             "metrics": [
      {"name": "error-rate", "successCondition": "result[0] < {{args.limit}}",
       "provider": {"prometheus": {"query": "q"}}},
      {"name": "latency", "failureCondition": "result > {{args.token}}",
       "provider": {"prometheus": {"query": "q"}}},
      {"name": "later", "initialDelay": "5m", "provider": {"prometheus": {"query": "q"}}}]},
    "status": {"phase": "Failed", "message": "Metric \"error-rate\" assessed Failed",
      "startedAt": "2026-11-21T12:05:00Z", "completedAt": "2026-11-21T12:09:00Z",
      "metricResults": [
        {"name": "error-rate", "phase": "Failed", "count": 2, "successful": 1, "failed": 1,
         "message": "failed (1) > failureLimit (0)",
         "measurements": [
           {"phase": "Successful", "value": "[0.002]", "startedAt": "2026-11-21T12:05:00Z",
            "finishedAt": "2026-11-21T12:06:00Z"},
           {"phase": "Failed", "value": "[0.0243]", "startedAt": "2026-11-21T12:07:00Z",
            "finishedAt": "2026-11-21T12:08:00Z"}]},
        {"name": "latency", "phase": "Running", "count": 1, "error": 1, "dryRun": true,
         "measurements": [
           {"phase": "Error", "message": "answered\u001b[2J 503\nagain", "value": "",
            "startedAt": "2026-11-21T12:09:00Z"}]}]
}
})json"));
  REQUIRE(decoded.ok());
  return decoded.value;
}

/// Columns may widen; the words and their order count.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string& joined = lines.emplace_back();
    for (std::string word; words >> word;) joined += (joined.empty() ? "" : " ") + word;
  }
  return lines;
}

}  // namespace

TEST_CASE("an analysis run is shown with each value, its condition and its time", "[run_view]") {
  const std::vector<std::string> expected = {"Name: shop-three-3-1",
                                             "Namespace: default",
                                             "Status: ✖ Failed",
                                             "Message: Metric \"error-rate\" assessed Failed",
                                             "Rollout: shop, revision 3",
                                             "Started: 2026-11-21T12:05:00Z (5m ago)",
                                             "Ended: 2026-11-21T12:09:00Z (60s ago)",
                                             "",
                                             "error-rate ✖ Failed ✔ 1,✖ 1",
                                             "Succeeds if: result[0] < 0.01",
                                             "Message: failed (1) > failureLimit (0)",
                                             "AGE STATUS VALUE MESSAGE",
                                             "2m ✖ Failed [0.0243]",
                                             "4m ✔ Successful [0.002]",
                                             "",
                                             "latency ◌ Running ⚠ 1 (dry run: it decides nothing)",
                                             "Fails if: result > {{args.token}}",
                                             "AGE STATUS VALUE MESSAGE",
                                             "60s ⚠ Error answered [2J 503 again",
                                             "",
                                             "later not measured yet"};
  CHECK(words_of(render_analysis_run(failed_run(), kNow, kPlain)) == expected);
}

TEST_CASE("an analysis run in its wide form has times", "[run_view]") {
  const RunStyle wide{.tree = {.color = false}, .wide = true};
  const std::string text = render_analysis_run(failed_run(), kNow, wide);
  CHECK_THAT(text, Catch::Contains("AGE  FINISHED"));
  CHECK_THAT(text, Catch::Contains("2m   2026-11-21T12:08:00Z"));
}

TEST_CASE("an analysis run that nobody has seen says so", "[run_view]") {
  crds::AnalysisRun run = failed_run();
  run.status = {};
  run.meta.owner_references.clear();
  const auto lines = words_of(render_analysis_run(run, kNow, kPlain));
  CHECK(lines.at(2) == "Status: no controller has seen it yet");
  CHECK(lines.at(4) == "error-rate not measured yet");
}

TEST_CASE("an analysis run for programs", "[run_view]") {
  const Json info = encode_analysis_run_info(failed_run());
  CHECK(info["status"] == "Failed");
  CHECK(info["rollout"] == "shop");
  CHECK(info["revision"] == "3");
  CHECK(info["completedAt"] == "2026-11-21T12:09:00Z");
  REQUIRE(info["metrics"].size() == 3);
  const Json& first = info["metrics"][0];
  CHECK(first["successCondition"] == "result[0] < 0.01");
  CHECK(first["failed"] == 1);
  REQUIRE(first["measurements"].size() == 2);
  CHECK(first["measurements"][1]["value"] == "[0.0243]");
  CHECK(first["measurements"][1]["finishedAt"] == "2026-11-21T12:08:00Z");
  CHECK(info["metrics"][1]["dryRun"] == true);
  CHECK(info["metrics"][2]["status"] == "");
}

TEST_CASE("dry runs do not count among what was measured", "[run_view]") {
  CHECK(counts_of(failed_run()) == "✔ 1,✖ 1");
}

TEST_CASE("an experiment is shown as the API holds it", "[run_view]") {
  const Json experiment = Json::parse(R"({
    "metadata": {"name": "compare", "namespace": "default"},
    "spec": {"duration": "10m",
             "templates": [{"name": "old", "replicas": 2}, {"name": "new"}],
             "analyses": [{"name": "speed", "templateName": "latency"}]},
    "status": {"phase": "Running", "message": "so far", "availableAt": "2026-11-21T12:05:00Z",
               "templateStatuses": [{"name": "old", "status": "Running", "readyReplicas": 2,
                                     "availableReplicas": 1}],
               "analysisRuns": [{"name": "speed", "analysisRun": "compare-speed",
                                 "phase": "Running"}]}})");
  const std::vector<std::string> expected = {
      "Name: compare",
      "Namespace: default",
      "Status: ◌ Running",
      "Message: so far",
      "Duration: 10m",
      "Available: 2026-11-21T12:05:00Z (5m ago)",
      "Note: Sluice runs no experiments yet: this is what the API holds, whoever wrote it",
      "",
      "TEMPLATE STATUS DESIRED READY AVAILABLE MESSAGE",
      "old ◌ Running 2 2 1",
      "new - 1 0 0",
      "",
      "ANALYSIS STATUS RUN MESSAGE",
      "speed ◌ Running compare-speed"};
  CHECK(words_of(render_experiment(experiment, kNow, kPlain)) == expected);
  const Json info = encode_experiment_info(experiment);
  CHECK(info["templates"][0]["available"] == 1);
  CHECK(info["analyses"][0]["analysisRun"] == "compare-speed");
}

TEST_CASE("what is no experiment at all is shown without a word of it", "[run_view]") {
  const Json odd = Json::parse(R"({"metadata": {"name": "x"}, "spec": {"templates": [7, {}]},
                                   "status": {"templateStatuses": "none", "availableAt": "soon"}})");
  const std::string text = render_experiment(odd, kNow, kPlain);
  CHECK_THAT(text, Catch::Contains("Available:       soon"));
}
