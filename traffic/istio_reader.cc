#include "traffic/istio_reader.h"

#include "base/json_list.h"
#include "traffic/managed_rules.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace sluice::traffic {
namespace {

bool is_about(const Json& route, const ConnectionRoutes& wanted) {
  std::set<int64_t> ports;
  std::set<std::string> hosts;
  for (const Json& match : list_at(route, "match")) {
    ports.insert(int_at(match, "port"));
    for (std::string& host : strings_at(match, "sniHosts")) hosts.insert(std::move(host));
  }
  if (wanted.port && ports != std::set{*wanted.port}) return false;
  const std::set<std::string> asked(wanted.sni_hosts.begin(), wanted.sni_hosts.end());
  return asked.empty() || hosts == asked;
}

bool is_about_any(const Json& route, const std::vector<ConnectionRoutes>& wanted) {
  return wanted.empty() || std::ranges::any_of(wanted, [&route](const ConnectionRoutes& one) {
           return is_about(route, one);
         });
}

}  // namespace

bool IstioReader::mirrors_to(const Json& route, const std::string& side) const {
  if (side.empty()) return false;
  const Json* one = find_path(route, "mirror");
  if (one != nullptr && to_.is_at(*one, side)) return true;
  return std::ranges::any_of(list_at(route, "mirrors"), [&](const Json& mirror) {
    const Json* to = find_path(mirror, "destination");
    return to != nullptr && to_.is_at(*to, side);
  });
}

/// By its name, and by where it leads. Other Rollouts may have managed routes of the same name in
/// the same VirtualService.
const std::string* IstioReader::managed_route_of(const Json& route,
                                                 const std::vector<std::string>& managed,
                                                 const std::string& canary) const {
  const bool alone = list_at(route, "route").size() == 1 && to_.find(route, canary) != nullptr;
  return alone || mirrors_to(route, canary) ? managed_by_name(route, managed) : nullptr;
}

const std::string* IstioReader::managed_route_of(const Json& route) const {
  return managed_route_of(route, routes_.managed, routes_.canary().service);
}

const crds::FormerPair* IstioReader::former_owner_of(const Json& route) const {
  if (managed_route_of(route) != nullptr) return nullptr;
  for (const crds::FormerPair& pair : routes_.former)
    if (managed_route_of(route, pair.managed, pair.canary) != nullptr) return &pair;
  return nullptr;
}

bool IstioReader::is_managed(const char* protocol, const Json& route) const {
  return std::string_view(protocol) == "http" &&
         (managed_route_of(route) != nullptr || former_owner_of(route) != nullptr);
}

bool IstioReader::is_meant(const char* protocol, const Json& route) const {
  const std::string_view which = protocol;
  if (which == "tls") return is_about_any(route, ref_.tls);
  if (which == "tcp") return is_about_any(route, ref_.tcp);
  return ref_.http.empty() || std::ranges::count(ref_.http, string_at(route, "name")) > 0;
}

bool IstioReader::splits(const char* protocol, const Json& route) const {
  return !is_managed(protocol, route) && is_meant(protocol, route) &&
         to_.find(route, routes_.canary().service) != nullptr &&
         to_.find(route, routes_.stable().service) != nullptr;
}

const Json* IstioReader::former_destination(const char* protocol, const Json& route,
                                            const crds::FormerPair& pair) const {
  const auto& now = routes_.destinations;
  if (splits(protocol, route)) {
    const bool named =
        std::ranges::find(now, pair.canary, &crds::Destination::service) != now.end();
    return named ? nullptr : to_.find(route, pair.canary);
  }
  return to_.find(route, pair.stable) == nullptr ? nullptr : to_.find(route, pair.canary);
}

int64_t IstioReader::weight_of_others(const Json& route) const {
  int64_t others = 0;
  for (const Json& one : list_at(route, "route")) {
    const bool ours = std::ranges::any_of(routes_.destinations, [&](const auto& side) {
      return to_.find(route, side.service) == &one;
    });
    if (!ours) others += int_at(one, "weight");
  }
  return others;
}

bool IstioReader::is_taken(const Json& route) const {
  return weight_of_others(route) >= routes_.total;
}

int64_t IstioReader::stable_weight(const Json& route, int64_t canary) const {
  return std::max<int64_t>(routes_.total - canary - weight_of_others(route), 0);
}

std::optional<int64_t> IstioReader::canary_weight() const {
  std::optional<int64_t> seen;
  for (const char* protocol : kIstioProtocols) {
    for (const Json& route : list_at(spec_, protocol)) {
      if (!splits(protocol, route)) continue;
      const int64_t canary = int_at(*to_.find(route, routes_.canary().service), "weight");
      const int64_t stable = int_at(*to_.find(route, routes_.stable().service), "weight");
      const bool is_split = stable == stable_weight(route, canary) && canary <= routes_.total;
      if (is_taken(route) ? canary != 0 : !is_split) return std::nullopt;
      if (seen && *seen != canary) return std::nullopt;
      seen = canary;
    }
  }
  return seen;
}

int64_t IstioReader::former_weight() const {
  int64_t most = 0;
  for (const char* protocol : kIstioProtocols) {
    for (const Json& route : list_at(spec_, protocol)) {
      if (std::string_view(protocol) == "http") {
        if (const crds::FormerPair* owner = former_owner_of(route))
          most = std::max(most, owner->total);
        if (is_managed(protocol, route)) continue;
      }
      for (const crds::FormerPair& pair : routes_.former)
        if (const Json* to = former_destination(protocol, route, pair))
          most = std::max(most, int_at(*to, "weight"));
    }
  }
  return most;
}

std::set<std::string> IstioReader::managed_routes() const {
  std::set<std::string> names;
  for (const Json& route : list_at(spec_, "http"))
    if (const std::string* name = managed_route_of(route)) names.insert(*name);
  return names;
}

}  // namespace sluice::traffic
