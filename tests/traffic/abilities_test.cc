// What a Rollout asks of its routers is held against what they can.

#include "traffic/abilities.h"

#include "traffic/router_registry.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

namespace sluice::traffic {
namespace {

using crds::CanaryStrategy;
using crds::SetHeaderRouteStep;
using crds::SetMirrorRouteStep;

CanaryStrategy routed_by(std::vector<std::string> routers) {
  CanaryStrategy canary;
  canary.traffic_routing.emplace();
  for (std::string& kind : routers)
    canary.traffic_routing->routers.push_back({std::move(kind), false, nullptr});
  return canary;
}

/// The first, or "".
std::string beyond(const CanaryStrategy& canary) {
  const auto problems = beyond_abilities(canary, builtin_routers());
  return problems.empty() ? "" : problems.front().sentence();
}

}  // namespace

TEST_CASE("header and mirror routes need one router that has them", "[abilities]") {
  for (const auto& [step, refused] :
       {std::pair<crds::Step, std::string>{
            SetHeaderRouteStep{"beta", {}},
            "spec.strategy.canary.steps[0].setHeaderRoute: Invalid value: none of the routers "
            "sends requests by their headers, as these do: argoproj-labs/gatewayAPI, gatewayAPI, "
            "istio"},
        {SetMirrorRouteStep{"shadow", {}, {}},
         "spec.strategy.canary.steps[0].setMirrorRoute: Invalid value: none of the routers sends "
         "copies of requests, as these do: argoproj-labs/gatewayAPI, gatewayAPI, istio"}}) {
    CanaryStrategy canary = routed_by({"nginx"});
    canary.steps = {step};
    CHECK(beyond(canary) == refused);
    canary.traffic_routing->routers.push_back({"gatewayAPI", false, nullptr});
    CHECK(beyond(canary).empty());
  }
}

TEST_CASE("a header is there twice only where any of them will do", "[abilities]") {
  const crds::Step twice =
      SetHeaderRouteStep{"beta", {{"X-User", {.exact = "a"}}, {"x-user", {.prefix = "b"}}}};
  for (const auto& [routers, fits] : {std::pair<std::vector<std::string>, bool>{{"istio"}, true},
                                      {{"istio", "nginx"}, true},
                                      {{"gatewayAPI"}, false},
                                      {{"istio", "gatewayAPI"}, false}}) {
    CanaryStrategy canary = routed_by(routers);
    canary.steps = {twice};
    CHECK(beyond(canary) == (fits ? ""
                                  : "spec.strategy.canary.steps[0].setHeaderRoute.match[1]."
                                    "headerName: Duplicate value: \"x-user\""));
  }
}

TEST_CASE("patterns of methods need a router that knows them", "[abilities]") {
  const crds::Step pattern = SetMirrorRouteStep{"shadow", {{.method = {.regex = "P.*"}}}, {}};
  CanaryStrategy canary = routed_by({"istio"});
  canary.steps = {pattern};
  CHECK(beyond(canary).empty());
  canary.traffic_routing->routers.push_back({"gatewayAPI", false, nullptr});
  CHECK(beyond(canary) ==
        "spec.strategy.canary.steps[0].setMirrorRoute.match[0].method: Invalid value: must be "
        "exact: gatewayAPI knows no patterns of methods");
}

TEST_CASE("subsets and totals are those of every router", "[abilities]") {
  CanaryStrategy canary = routed_by({"istio", "nginx"});
  canary.traffic_routing->subsets = {.rule = "shop", .stable = "stable", .canary = "canary"};
  CHECK(beyond(canary) ==
        "spec.strategy.canary.trafficRouting.nginx: Invalid value: splits between Services and "
        "knows no subsets, which others beside it are to use");
  canary.traffic_routing->subsets.reset();
  canary.traffic_routing->max_traffic_weight = 1'000'000;
  CHECK(beyond(canary).empty());
  canary.traffic_routing->max_traffic_weight = 1'000'001;
  CHECK(beyond(canary) ==
        "spec.strategy.canary.trafficRouting.maxTrafficWeight: Invalid value: 1000001: weights of "
        "istio add up to 1000000 at most");
}

TEST_CASE("a router that is not known is no matter of abilities", "[abilities]") {
  CanaryStrategy canary = routed_by({"nginx", "smi"});
  canary.steps = {SetHeaderRouteStep{"beta", {}}};
  CHECK(beyond(canary).empty());
  CHECK(beyond_abilities({}, builtin_routers()).empty());
}

TEST_CASE("the page of the routers has the row of each and no other", "[abilities]") {
  std::ifstream file(SLUICE_ROUTERS_PAGE);
  std::set<std::string> told;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("| `")) told.insert(line);
  std::set<std::string> known;
  for (const auto& [name, type] : builtin_routers().types())
    known.insert(ability_row(name, type.abilities));
  CHECK(told == known);
}

}  // namespace sluice::traffic
