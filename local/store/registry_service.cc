#include "local/store/registry_service.h"

#include "core/names.h"
#include "local/store/registry_defaults.h"
#include "local/store/registry_metadata.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

/// Host parts 1 … 65534 of 127.32.0.0/16.
constexpr uint32_t kAddressCount = 65534;

bool is_external_name(const Json& service) {
  return string_at(service, "spec.type") == "ExternalName";
}

bool faces_outside(const std::string& type) {
  return type == "NodePort" || type == "LoadBalancer";
}

ApiCauses validate_port(const Json& port, const std::string& field, bool named) {
  ApiCauses causes;
  if (const std::string name = string_at(port, "name"); name.empty()) {
    if (named) causes.push_back(required_value(field + ".name"));
  } else {
    append(causes, complaints_about(field + ".name", name, core::check_label(name)));
  }
  append(causes, check_port_number(field + ".port", int_at(port, "port")));
  const std::string protocol = string_at(port, "protocol");
  if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
    causes.push_back(
        unsupported_value(field + ".protocol", go_quote(protocol), {"SCTP", "TCP", "UDP"}));
  }
  return causes;
}

ApiCauses validate_ports(const Json& ports) {
  ApiCauses causes;
  std::set<std::string> names;
  std::set<std::pair<int64_t, std::string>> numbers;
  for (size_t at = 0; at < ports.size(); ++at) {
    const std::string field = fmt::format("spec.ports[{}]", at);
    append(causes, validate_port(ports[at], field, ports.size() > 1));
    const std::string name = string_at(ports[at], "name");
    if (!name.empty() && !names.insert(name).second)
      causes.push_back(duplicate_value(field + ".name", go_quote(name)));
    const int64_t number = int_at(ports[at], "port");
    const std::string protocol = string_at(ports[at], "protocol");
    if (!numbers.insert({number, protocol}).second)
      causes.push_back(duplicate_value(field, fmt::format("{}/{}", number, protocol)));
  }
  return causes;
}

}  // namespace

void apply_service_defaults(Json& service) {
  Json& spec = service["spec"];
  if (spec.is_null()) spec = Json::object();
  set_default(spec, "type", "ClusterIP");
  set_default(spec, "sessionAffinity", "None");
  const std::string type = string_at(spec, "type");
  if (type != "ExternalName") {
    set_default(spec, "internalTrafficPolicy", "Cluster");
    set_default(spec, "ipFamilies", Json::array({"IPv4"}));
    set_default(spec, "ipFamilyPolicy", "SingleStack");
  }
  if (faces_outside(type)) set_default(spec, "externalTrafficPolicy", "Cluster");
  if (type == "LoadBalancer") set_default(spec, "allocateLoadBalancerNodePorts", true);
  if (spec.contains("clusterIP") && spec["clusterIP"] != Json(""))
    set_default(spec, "clusterIPs", Json::array({spec["clusterIP"]}));
  if (!spec.contains("ports")) return;
  for (Json& port : spec["ports"]) {
    set_default(port, "protocol", "TCP");
    if (!port.contains("targetPort") && port.contains("port")) port["targetPort"] = port["port"];
  }
}

void prepare_new_service(Json& service) {
  service["status"] = {{"loadBalancer", Json::object()}};
}

void inherit_service(Json& service, const Json& old) {
  if (!service["spec"].is_object() || is_external_name(service)) return;
  for (const char* field : {"clusterIP", "clusterIPs"}) {
    const Json* known = find_path(old, std::string("spec.") + field);
    if (known != nullptr) set_default(service["spec"], field, *known);
  }
}

ApiCauses validate_service(const Json& service) {
  ApiCauses causes;
  const Json& spec = service["spec"];
  const std::string type = string_at(spec, "type");
  const bool headless = string_at(spec, "clusterIP") == "None";
  const auto ports = spec.find("ports");
  if (ports != spec.end())
    append(causes, validate_ports(*ports));
  else if (!headless && type != "ExternalName")
    causes.push_back(required_value("spec.ports"));
  if (type != "ClusterIP" && type != "ExternalName" && !faces_outside(type)) {
    causes.push_back(unsupported_value("spec.type", go_quote(type),
                                       {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"}));
  }
  const std::string affinity = string_at(spec, "sessionAffinity");
  if (affinity != "None" && affinity != "ClientIP") {
    causes.push_back(
        unsupported_value("spec.sessionAffinity", go_quote(affinity), {"ClientIP", "None"}));
  }
  if (type == "ExternalName" && string_at(spec, "externalName").empty())
    causes.push_back(required_value("spec.externalName"));
  if (const auto selector = spec.find("selector"); selector != spec.end())
    append(causes, validate_labels(selector->get<StringMap>(), "spec.selector"));
  return causes;
}

ApiCauses validate_service_update(const Json& service, const Json& old) {
  const std::string before = string_at(old, "spec.clusterIP");
  const std::string after = string_at(service, "spec.clusterIP");
  if (before.empty() || after == before || is_external_name(service) || is_external_name(old))
    return {};
  return {invalid_value("spec.clusterIPs[0]", go_quote(after), "may not change once set")};
}

bool wants_address(const Json& service) {
  return !is_external_name(service) && string_at(service, "spec.clusterIP").empty();
}

std::string pick_service_address(const std::set<std::string>& taken, uint32_t seed) {
  for (uint32_t step = 0; step < kAddressCount; ++step) {
    const uint32_t host = 1 + (seed + step) % kAddressCount;
    std::string address = fmt::format("127.32.{}.{}", host / 256, host % 256);
    if (!taken.contains(address)) return address;
  }
  return "";
}

void set_service_address(Json& service, const std::string& address) {
  service["spec"]["clusterIP"] = address;
  service["spec"]["clusterIPs"] = Json::array({address});
}

}  // namespace sluice::local
