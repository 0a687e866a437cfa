#include "crds/routing_codec.h"

#include "crds/field_reader.h"

#include <nlohmann/json.hpp>

#include <array>

namespace sluice::crds {
namespace {

/// The order in which Argo applies several routers of one Rollout; Gateway API comes last but for
/// plugins.
constexpr std::array<std::string_view, 9> kRouterKinds{
    "istio", "nginx", "alb", "smi", "ambassador", "appMesh", "traefik", "apisix", "gatewayAPI"};

Json encode_config(const JsonText& config) {
  auto read = parse_json(config ? *config : "{}");
  return read ? *std::move(read) : Json::object();
}

/// Absent too where a name is missing, of which the router tells.
std::optional<Subsets> read_subsets(const Json* istio) {
  const Json* rule = istio == nullptr ? nullptr : find_path(*istio, "destinationRule");
  if (rule == nullptr) return std::nullopt;
  Subsets subsets{.rule = string_at(*rule, "name"),
                  .stable = string_at(*rule, "stableSubsetName"),
                  .canary = string_at(*rule, "canarySubsetName")};
  const bool named = !subsets.rule.empty() && !subsets.stable.empty() && !subsets.canary.empty();
  return named ? std::optional(std::move(subsets)) : std::nullopt;
}

Json encode_traffic_routing(const TrafficRouting& routing) {
  Json out = Json::object();
  for (const RouterSpec& router : routing.routers)
    (router.plugin ? out["plugins"][router.kind] : out[router.kind]) = encode_config(router.config);
  for (const std::string& route : routing.managed_routes)
    out["managedRoutes"].push_back({{"name", route}});
  if (routing.max_traffic_weight) out["maxTrafficWeight"] = *routing.max_traffic_weight;
  return out;
}

}  // namespace

std::optional<TrafficRouting> read_traffic_routing(const FieldReader& from) {
  if (!from.present()) return std::nullopt;
  TrafficRouting routing;
  for (const std::string_view kind : kRouterKinds)
    if (from.has(kind)) routing.routers.push_back({std::string(kind), false, from.text(kind)});
  if (const Json* plugins = from.find("plugins"); plugins != nullptr && plugins->is_object())
    for (const auto& [name, config] : plugins->items())
      routing.routers.push_back({name, true, make_json_text(dump_json(config))});
  for (const FieldReader& route : from.children("managedRoutes"))
    routing.managed_routes.push_back(route.string("name"));
  routing.max_traffic_weight = from.int64("maxTrafficWeight");
  routing.subsets = read_subsets(from.find("istio"));
  return routing;
}

std::vector<Routing> read_routings(const std::vector<FieldReader>& from) {
  std::vector<Routing> routings;
  for (const FieldReader& reader : from) {
    auto traffic = read_traffic_routing(reader.child("trafficRouting"));
    if (!traffic) continue;
    routings.push_back(
        {reader.string("stableService"), reader.string("canaryService"), *std::move(traffic)});
  }
  return routings;
}

Json encode_routings(const std::vector<Routing>& routings) {
  Json list = Json::array();
  for (const Routing& routing : routings) {
    Json& out = list.emplace_back(Json::object());
    if (!routing.stable_service.empty()) out["stableService"] = routing.stable_service;
    if (!routing.canary_service.empty()) out["canaryService"] = routing.canary_service;
    out["trafficRouting"] = encode_traffic_routing(routing.traffic);
  }
  return list;
}

}  // namespace sluice::crds
