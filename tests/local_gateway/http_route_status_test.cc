#include "local/gateway/http_route_status.h"

#include "local/gateway/http_route.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

constexpr SystemTime kNow{std::chrono::sys_days{std::chrono::January / 2 / 2026}};

RouteVerdict verdict() {
  return {.route = {RouteKind::HttpRoute, {"default", "shop"}},
          .generation = 4,
          .parents = {{.group = std::string(kGatewayGroup), .kind = "Gateway", .name = "sluice"}},
          .accepted = {true, "Accepted", ""},
          .resolved_refs = {true, "ResolvedRefs", ""}};
}

Json patched(Json route, const RouteVerdict& wanted, SystemTime now = kNow) {
  const auto patch = http_route_status_patch(route, wanted, now);
  REQUIRE(patch);
  apply_merge_patch(route, *parse_json(*patch));
  return route;
}

TEST_CASE("the status names parent, controller, conditions and generation", "[gateway]") {
  const Json route = patched(Json::object(), verdict());
  const Json& entry = route["status"]["parents"][0];
  CHECK(entry["controllerName"] == "sluice.dev/gateway");
  CHECK(entry["parentRef"]["name"] == "sluice");
  REQUIRE(entry["conditions"].size() == 2);
  for (const Json& condition : entry["conditions"]) {
    CHECK(condition["status"] == "True");
    CHECK(condition["observedGeneration"] == 4);
    CHECK(condition["lastTransitionTime"] == "2026-01-02T00:00:00Z");
  }
}

TEST_CASE("a status that says it already is not written again", "[gateway]") {
  const Json route = patched(Json::object(), verdict());
  CHECK_FALSE(http_route_status_patch(route, verdict(), kNow + std::chrono::hours(1)));
}

TEST_CASE("a transition has its time, a new generation alone has not", "[gateway]") {
  const Json before = patched(Json::object(), verdict());
  RouteVerdict wanted = verdict();
  wanted.generation = 5;
  wanted.resolved_refs = {false, "BackendNotFound", "Service default/x does not exist"};
  const Json after = patched(before, wanted, kNow + std::chrono::hours(1));
  const Json& conditions = after["status"]["parents"][0]["conditions"];
  CHECK(conditions[0]["observedGeneration"] == 5);
  CHECK(conditions[0]["lastTransitionTime"] == "2026-01-02T00:00:00Z");
  CHECK(conditions[1]["lastTransitionTime"] == "2026-01-02T01:00:00Z");
  CHECK(conditions[1]["reason"] == "BackendNotFound");
}

TEST_CASE("entries of other controllers stay, ours go with the parent", "[gateway]") {
  Json route = {{"status", {{"parents", {{{"controllerName", "example.com/other"}}}}}}};
  route = patched(route, verdict());
  CHECK(route["status"]["parents"].size() == 2);
  RouteVerdict gone = verdict();
  gone.parents.clear();
  route = patched(route, gone);
  REQUIRE(route["status"]["parents"].size() == 1);
  CHECK(route["status"]["parents"][0]["controllerName"] == "example.com/other");
}

}  // namespace
}  // namespace sluice::local
