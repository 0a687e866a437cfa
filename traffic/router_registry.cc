#include "traffic/router_registry.h"

#include "base/ensure.h"
#include "traffic/gateway_api_router.h"
#include "traffic/istio_router.h"
#include "traffic/nginx_router.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <variant>

namespace sluice::traffic {

std::string ObjectRef::to_string() const {
  return fmt::format("{} {}", gvk.kind, key.to_string());
}

std::string router_path(const crds::RouterSpec& spec) {
  const char* format = spec.plugin ? "spec.strategy.canary.trafficRouting.plugins[{}]"
                                   : "spec.strategy.canary.trafficRouting.{}";
  return fmt::format(fmt::runtime(format), spec.kind);
}

void RouterRegistry::add(std::string name, RouterType type) {
  const bool added = types_.emplace(std::move(name), std::move(type)).second;
  SLUICE_ENSURE(added, "a router was registered twice");
}

const RouterType* RouterRegistry::find(const std::string& name) const {
  const auto found = types_.find(name);
  return found == types_.end() ? nullptr : &found->second;
}

std::set<ObjectKind> RouterRegistry::reads() const {
  std::set<ObjectKind> kinds;
  for (const auto& [name, type] : types_) kinds.insert(type.reads.begin(), type.reads.end());
  return kinds;
}

Result<std::unique_ptr<Router>> RouterRegistry::make(const crds::RouterSpec& spec,
                                                     const RouterOwner& owner) const {
  const RouterType* type = find(spec.kind);
  if (type == nullptr) {
    std::string known;
    for (const auto& [name, other] : types_) known += (known.empty() ? "" : ", ") + name;
    return fail(invalid(fmt::format("{}: Unsupported value: \"{}\": known routers: {}",
                                    router_path(spec), spec.kind, known)));
  }
  const auto config = parse_json(spec.config ? *spec.config : "{}");
  if (!config) return fail(config.error().within(router_path(spec)));
  return type->make(*config, owner, router_path(spec));
}

crds::FieldProblems undoable_steps(const crds::CanaryStrategy& canary,
                                   const RouterRegistry& registry) {
  crds::FieldProblems problems;
  if (!canary.traffic_routing) return problems;
  const auto lacks = [&](bool RouterType::* ability) {
    return std::ranges::none_of(canary.traffic_routing->routers, [&](const crds::RouterSpec& spec) {
      const RouterType* type = registry.find(spec.kind);
      return type == nullptr || type->*ability;
    });
  };
  const bool no_headers = lacks(&RouterType::header_routes);
  const bool no_mirrors = lacks(&RouterType::mirror_routes);
  for (size_t i = 0; i < canary.steps.size(); ++i) {
    const crds::Step& step = canary.steps[i];
    const std::string path = fmt::format("spec.strategy.canary.steps[{}].", i);
    if (no_headers && std::holds_alternative<crds::SetHeaderRouteStep>(step))
      problems.push_back({path + "setHeaderRoute",
                          "Invalid value: none of the routers sends requests by their headers"});
    if (no_mirrors && std::holds_alternative<crds::SetMirrorRouteStep>(step))
      problems.push_back(
          {path + "setMirrorRoute", "Invalid value: none of the routers sends copies of requests"});
  }
  return problems;
}

RouterRegistry builtin_routers() {
  RouterRegistry registry;
  registry.add("gatewayAPI", gateway_api_router());
  registry.add("argoproj-labs/gatewayAPI", gateway_api_router());
  registry.add("istio", istio_router());
  registry.add("nginx", nginx_router());
  return registry;
}

}  // namespace sluice::traffic
