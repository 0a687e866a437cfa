#include "traffic/istio_destinations.h"

#include <nlohmann/json.hpp>

#include <vector>

namespace sluice::traffic {
namespace {

std::vector<std::string> labels_of(const std::string& host) {
  std::vector<std::string> labels(1);
  for (const char c : host)
    if (c == '.')
      labels.emplace_back();
    else
      labels.back() += c;
  return labels;
}

template <typename JsonType>
JsonType* find_destination(const IstioDestinations& destinations, JsonType& route,
                           const std::string& side) {
  const auto all = route.find("route");
  if (side.empty() || all == route.end() || !all->is_array()) return nullptr;
  for (auto& one : *all)
    if (const Json* to = find_path(one, "destination"); to && destinations.is_at(*to, side))
      return &one;
  return nullptr;
}

}  // namespace

ServiceHost service_host(const std::string& host, const std::string& namespace_) {
  std::vector<std::string> labels = labels_of(host);
  if (labels.size() == 1) return {host, namespace_};
  const bool is_service = labels.size() == 2 || labels[2] == "svc";
  return is_service ? ServiceHost{labels[0], labels[1]} : ServiceHost{host, ""};
}

bool IstioDestinations::is_at(const Json& destination, const std::string& side) const {
  const ServiceHost host = service_host(string_at(destination, "host"), namespace_);
  const size_t end = side.find('/');
  if (end == std::string::npos) return host == ServiceHost{side, rollout_namespace_};
  if (string_at(destination, "subset") != side.substr(end + 1)) return false;
  return !rule_ || rule_->name != side.substr(0, end) || host == rule_->host;
}

const Json* IstioDestinations::find(const Json& route, const std::string& side) const {
  return find_destination(*this, route, side);
}

Json* IstioDestinations::find(Json& route, const std::string& side) const {
  return find_destination(*this, route, side);
}

}  // namespace sluice::traffic
