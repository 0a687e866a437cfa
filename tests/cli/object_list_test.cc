// What `sluice list` shows: the columns, and that they fit a terminal.

#include "cli/look/object_list.h"

#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <iterator>
#include <sstream>

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::test;

namespace {

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
  rollout["status"].update(
      {{"phase", "Progressing"},
       {"replicas", 1200},
       {"readyReplicas", 1000},
       {"message", std::string(200, 'm')},
       {"canary",
        {{"weights",
          {{"canary", {{"weight", 75}}}, {"stable", {{"weight", 25}}}, {"verified", true}}}}}});
  Json& canary = rollout["spec"]["strategy"]["canary"];
  canary["trafficRouting"] = {{"nginx", {{"stableIngress", "shop"}}}};
  canary["steps"] = Json::array();
  for (int step = 0; step < 12; ++step) canary["steps"].push_back({{"setWeight", 100}});
  CHECK_THAT(lines_of({object(rollout)}, {}).at(1), Catch::Contains("75→100"));
  for (const std::string& line : lines_of({object(rollout)}, {}))
    CHECK(display_width(line) <= kColumns);
  for (const std::string& line : lines_of({run(std::string(40, 'n'))}, {.kind = "analysisrun"}))
    CHECK(display_width(line) <= kColumns);
}

TEST_CASE("names are not cut in a list, and what stands behind them stays in its column",
          "[object_list]") {
  Json other = paused_rollout();
  other["metadata"]["name"] = std::string(63, 'n');
  const auto lines = lines_of({object(paused_rollout()), object(other)}, {});
  CHECK_THAT(lines.at(2), Catch::StartsWith(std::string(63, 'n') + "  Canary"));
  CHECK(lines.at(0).find("STRATEGY") == 65);
  CHECK(lines.at(1).find("Canary") == 65);
}

TEST_CASE("a list shows the weight that is set, and the one that is asked for where it differs",
          "[object_list]") {
  struct Case {
    const char* what;
    Json canary;  ///< status.canary
    Json status;
    const char* shown;
  };

  const auto weights = [](int canary, Json verified) {
    return Json{{"weights",
                 {{"canary", {{"weight", canary}}},
                  {"stable", {{"weight", 100 - canary}}},
                  {"verified", std::move(verified)}}}};
  };
  for (const Case& each : std::vector<Case>{
           {"set as asked", weights(25, true), {}, "25"},
           {"by a router that cannot confirm", weights(25, nullptr), {}, "25"},
           {"not set yet", weights(10, true), {}, "10→25"},
           {"taken back", weights(25, true), {{"abort", true}}, "25→0"},
           {"not confirmed", weights(10, false), {}, "?→25"},
           {"nothing known", Json::object(), {}, "?→25"},
           {"of another spec", weights(25, true), {{"observedGeneration", "3"}}, "?→25"}}) {
    INFO(each.what);
    Json rollout = paused_rollout();
    rollout["spec"]["strategy"]["canary"].update(Json::parse(R"({
      "stableService": "shop", "canaryService": "shop-canary",
      "trafficRouting": {"gatewayAPI": {"httpRoute": "shop"}}})"));
    if (!each.status.is_null()) rollout["status"].update(each.status);
    rollout["status"]["canary"] = each.canary;
    std::istringstream row(lines_of({object(rollout)}, {}).at(1));
    std::vector<std::string> cells(std::istream_iterator<std::string>(row), {});
    REQUIRE(cells.size() == 7);
    CHECK(cells[4] == each.shown);
  }
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

TEST_CASE("pods are counted as a Deployment's: those that are ready, of those that are asked for",
          "[object_list]") {
  const auto ready_of = [](const Json& rollout) {
    std::istringstream row(lines_of({object(rollout)}, {}).at(1));
    return std::vector<std::string>(std::istream_iterator<std::string>(row), {}).at(5);
  };
  // One of the canary beside four of the stable revision.
  Json rollout = paused_rollout();
  rollout["status"].update({{"replicas", 5}, {"readyReplicas", 5}});
  CHECK(ready_of(rollout) == "5/4");
  rollout["status"]["readyReplicas"] = 3;
  CHECK(ready_of(rollout) == "3/4");
  rollout["spec"]["strategy"] = {{"blueGreen", {{"activeService", "shop"}}}};
  rollout["status"].update({{"replicas", 8}, {"readyReplicas", 4}, {"HPAReplicas", 4}});
  CHECK(ready_of(rollout) == "4/4");
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
