// What `sluice list` shows: the columns, and that they fit a terminal.

#include "cli/look/object_list.h"

#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sstream>

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::test;

namespace {

const SystemTime kNow = *parse_time("2026-11-21T12:10:00Z");
constexpr size_t kColumns = 80;

kube::Object run(const std::string& name) {
  return object(
      {{"apiVersion", "argoproj.io/v1alpha1"},
       {"kind", "AnalysisRun"},
       {"metadata",
        {{"name", name}, {"namespace", "default"}, {"creationTimestamp", "2026-11-21T12:08:00Z"}}},
       {"spec", {{"metrics", Json::array()}}},
       {"status",
        {{"phase", "Inconclusive"},
         {"message", std::string(200, 'm')},
         {"metricResults", Json::array({{{"name", "a"},
                                         {"phase", "Inconclusive"},
                                         {"count", 300},
                                         {"successful", 100},
                                         {"failed", 100},
                                         {"inconclusive", 100}}})}}}});
}

std::vector<std::string> lines_of(const std::vector<kube::Object>& objects,
                                  const ListStyle& style) {
  const auto listing = make_listing(objects, style, kNow);
  REQUIRE(listing);
  std::istringstream text(listing->table.render());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("a list fits the columns of a terminal, with every value at its longest",
          "[object_list]") {
  Json rollout = paused_rollout();
  rollout["metadata"]["name"] = std::string(20, 'n');
  rollout["spec"]["replicas"] = 1000;
  rollout["status"].update({{"phase", "Progressing"},
                            {"replicas", 1200},
                            {"readyReplicas", 1000},
                            {"message", std::string(200, 'm')}});
  for (const std::string& line : lines_of({object(rollout)}, {}))
    CHECK(display_width(line) <= kColumns);
  for (const std::string& line : lines_of({run(std::string(40, 'n'))}, {.kind = "analysisrun"}))
    CHECK(display_width(line) <= kColumns);
}

TEST_CASE("a wide list has the message, and a list of all namespaces where each is",
          "[object_list]") {
  const std::vector<kube::Object> one = {object(paused_rollout())};
  CHECK_THAT(lines_of(one, {.wide = true}).at(1), Catch::EndsWith("CanaryPauseStep"));
  const auto everywhere = lines_of(one, {.namespaces = true});
  CHECK_THAT(everywhere.at(0), Catch::StartsWith("NAMESPACE"));
  CHECK_THAT(everywhere.at(1), Catch::StartsWith("default"));
  CHECK_THAT(lines_of({run("probe")}, {.kind = "analysisrun"}).at(1),
             Catch::Contains("✔ 100,✖ 100,? 100"));
}

TEST_CASE("a list for programs names each object as kubectl does", "[object_list]") {
  const auto runs = make_listing({run("probe")}, {.kind = "analysisrun"}, kNow);
  REQUIRE(runs);
  CHECK(runs->names == "analysisrun.argoproj.io/probe\n");
  CHECK(runs->items[0]["status"] == "Inconclusive");
  const auto rollouts = make_listing({object(paused_rollout())}, {}, kNow);
  REQUIRE(rollouts);
  CHECK(rollouts->items[0]["setWeight"] == 25);
}
