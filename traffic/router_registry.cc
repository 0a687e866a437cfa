#include "traffic/router_registry.h"

#include "base/ensure.h"
#include "traffic/gateway_api_router.h"

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

void RouterRegistry::add(std::string name, Factory factory) {
  const bool added = factories_.emplace(std::move(name), std::move(factory)).second;
  SLUICE_ENSURE(added, "a router was registered twice");
}

Result<std::unique_ptr<Router>> RouterRegistry::make(const crds::RouterSpec& spec,
                                                     const std::string& namespace_) const {
  const auto found = factories_.find(spec.kind);
  if (found == factories_.end()) {
    std::string known;
    for (const auto& [name, factory] : factories_) known += (known.empty() ? "" : ", ") + name;
    return fail(invalid(fmt::format("{}: Unsupported value: \"{}\": known routers: {}",
                                    router_path(spec), spec.kind, known)));
  }
  const auto config = parse_json(spec.config ? *spec.config : "{}");
  if (!config) return fail(config.error().within(router_path(spec)));
  return found->second(*config, namespace_, router_path(spec));
}

RouterRegistry builtin_routers() {
  RouterRegistry registry;
  registry.add("gatewayAPI", make_gateway_api_router);
  registry.add("argoproj-labs/gatewayAPI", make_gateway_api_router);
  return registry;
}

}  // namespace sluice::traffic
