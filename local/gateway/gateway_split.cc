#include "local/gateway/gateway_split.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::local {
namespace {

/// "shop-5b7c-x2x9z" → "shop-5b7c". What has no ReplicaSet groups by what precedes its last dash,
/// which is as good: grouping too finely only forgoes retries.
std::string replica_set_of(const GatewaySliceEndpoint& endpoint) {
  if (endpoint.pod.empty()) return endpoint.address;
  return endpoint.pod.substr(0, endpoint.pod.rfind('-'));
}

const GatewayServicePort* find_port(const GatewayService& service, const GatewayBackend& backend) {
  const auto found =
      std::find_if(service.ports.begin(), service.ports.end(), [&backend](const auto& port) {
        return backend.port_name.empty() ? port.port == backend.port
                                         : port.name == backend.port_name;
      });
  return found == service.ports.end() ? nullptr : &*found;
}

int64_t total_weight(const GatewayRule& rule) {
  int64_t total = 0;
  for (const GatewayBackend& backend : rule.backends) total += std::max<int64_t>(backend.weight, 0);
  return total;
}

/// Divides the range [from, until) among the Service's pools by their number of endpoints.
void add_pool_arms(const std::vector<std::string>& names, const GatewayPools& pools, int64_t from,
                   int64_t until, std::vector<GatewayArm>& arms) {
  int64_t endpoints = 0;
  for (const std::string& name : names)
    endpoints += static_cast<int64_t>(pools.pool(name).endpoints.size());
  int64_t seen = 0;
  for (const std::string& name : names) {
    seen += static_cast<int64_t>(pools.pool(name).endpoints.size());
    arms.push_back({.until = from + (until - from) * seen / endpoints,
                    .target = ArmTarget::Pool,
                    .pool = name});
  }
}

/// The pools that take over from a backend without any.
std::vector<std::string> stand_in_pools(const GatewayRule& rule, const std::string& route_namespace,
                                        const GatewayObjects& objects, GatewayPools& pools) {
  if (!rule.stand_in) return {};
  if (!check_backend(*rule.stand_in, route_namespace, objects).reason.empty()) return {};
  return pools.of(*rule.stand_in);
}

/// What a share without pools answers.
ArmTarget target_without_pools(bool resolved, const GatewayRule& rule) {
  return resolved ? ArmTarget::Unavailable : rule.missing;
}

}  // namespace

RouteCondition check_backend(const GatewayBackend& backend, const std::string& route_namespace,
                             const GatewayObjects& objects) {
  const std::string name = backend.namespace_ + "/" + backend.name;
  if (!backend.group.empty() || backend.kind != "Service") {
    return {false, "InvalidKind",
            fmt::format("backend {} is a {}; only Services can be backends", name, backend.kind)};
  }
  if (backend.namespace_ != route_namespace) {
    return {false, "RefNotPermitted",
            fmt::format("Service {} is in another namespace than the route", name)};
  }
  const auto service = objects.services.find({backend.namespace_, backend.name});
  if (service == objects.services.end())
    return {false, "BackendNotFound", fmt::format("Service {} does not exist", name)};
  if (find_port(service->second, backend) == nullptr) {
    return {
        false, "BackendNotFound",
        fmt::format("Service {} has no port {}", name,
                    backend.port_name.empty() ? std::to_string(backend.port) : backend.port_name)};
  }
  return {};
}

GatewayPools::GatewayPools(const GatewayObjects& objects) : objects_(objects) {
  for (const auto& [key, slice] : objects.slices)
    slices_[{key.namespace_, slice.service}].push_back(&slice);
}

const std::vector<std::string>& GatewayPools::of(const GatewayBackend& backend) {
  const ObjectKey service{backend.namespace_, backend.name};
  const GatewayServicePort& port = *find_port(objects_.services.at(service), backend);
  const std::string prefix = fmt::format("{}/{}", service.to_string(), port.port);
  const auto [found, added] = by_port_.try_emplace(prefix);
  if (added) collect(service, port, prefix);
  return found->second;
}

void GatewayPools::collect(const ObjectKey& service, const GatewayServicePort& port,
                           const std::string& prefix) {
  std::map<std::string, std::map<std::string, GatewayEndpoint>> groups;
  for (const GatewaySlice* slice : slices_[service]) {
    const auto number = slice->ports.find(port.name);
    if (number == slice->ports.end()) continue;
    for (const GatewaySliceEndpoint& ready : slice->ready) {
      const std::string& name = ready.pod.empty() ? ready.address : ready.pod;
      groups[replica_set_of(ready)][name] = {name, ready.address, number->second};
    }
  }
  for (auto& [group, endpoints] : groups) {
    GatewayPool pool{.name = fmt::format("{}/{}", prefix, group)};
    pool.endpoints.reserve(endpoints.size());
    for (auto& [name, endpoint] : endpoints) pool.endpoints.push_back(std::move(endpoint));
    by_port_[prefix].push_back(pool.name);
    pools_[pool.name] = std::move(pool);
  }
}

std::vector<GatewayPool> GatewayPools::all() const {
  std::vector<GatewayPool> result;
  result.reserve(pools_.size());
  for (const auto& [name, pool] : pools_) result.push_back(pool);
  return result;
}

std::vector<GatewayArm> single_arm(ArmTarget target) {
  return {{.until = kSplitRange, .target = target, .pool = ""}};
}

RuleSplit split_rule(const GatewayRule& rule, const std::string& route_namespace,
                     const GatewayObjects& objects, GatewayPools& pools) {
  RuleSplit split;
  const int64_t total = total_weight(rule);
  int64_t sum = 0;
  int64_t from = 0;
  for (const GatewayBackend& backend : rule.backends) {
    const RouteCondition problem = check_backend(backend, route_namespace, objects);
    const bool resolved = problem.reason.empty();
    if (!resolved && !backend.lent && split.unresolved.reason.empty()) split.unresolved = problem;
    // A backend without weight is asked for all the same: its pods are ready in the data plane
    // before the first request.
    std::vector<std::string> names = resolved ? pools.of(backend) : std::vector<std::string>();
    if (backend.weight <= 0) continue;
    if (names.empty()) names = stand_in_pools(rule, route_namespace, objects, pools);
    sum += backend.weight;
    // The sum of the weights stays below 2^31: the product stays below 2^63.
    const int64_t until = sum * kSplitRange / total;
    if (names.empty())
      split.arms.push_back({.until = until, .target = target_without_pools(resolved, rule)});
    else
      add_pool_arms(names, pools, from, until, split.arms);
    from = until;
  }
  if (split.arms.empty() || split.arms.size() > kArmsMax)
    split.arms = single_arm(ArmTarget::Broken);
  return split;
}

}  // namespace sluice::local
