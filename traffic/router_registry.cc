#include "traffic/router_registry.h"

#include "base/ensure.h"
#include "traffic/gateway_api_router.h"
#include "traffic/istio_router.h"
#include "traffic/nginx_router.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

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

RouterRegistry builtin_routers() {
  RouterRegistry registry;
  registry.add("gatewayAPI", gateway_api_router());
  registry.add("argoproj-labs/gatewayAPI", gateway_api_router());
  registry.add("istio", istio_router());
  registry.add("nginx", nginx_router());
  return registry;
}

}  // namespace sluice::traffic
