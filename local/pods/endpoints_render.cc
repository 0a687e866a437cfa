#include "local/pods/endpoints_render.h"

#include "base/json_list.h"
#include "local/pods/pod_environment.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace sluice::local {

namespace {

/// FNV-1a, written with the letters that Kubernetes uses in generated names.
std::string short_hash(const std::string& text) {
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  uint64_t hash = 14695981039346656037ULL;
  for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211ULL;
  std::string name;
  for (int i = 0; i < 5; ++i) {
    name += kLetters[hash % kLetters.size()];
    hash /= kLetters.size();
  }
  return name;
}

/// The port's number on the pod; nothing where the pod has no port of that name.
std::optional<int> target_port(const ServicePort& port, const PodFacts* pod) {
  if (const int* number = std::get_if<int>(&port.target)) return *number == 0 ? port.port : *number;
  if (pod == nullptr) return std::nullopt;
  const auto found =
      pod->named_ports.find(port.protocol + "/" + std::get<std::string>(port.target));
  return found == pod->named_ports.end() ? std::nullopt : std::optional<int>(found->second);
}

/// The ports of a slice: for a pod, or (null) for the slice without pods.
std::vector<SlicePort> slice_ports(const ServiceFacts& service, const PodFacts* pod) {
  std::vector<SlicePort> ports;
  for (const ServicePort& port : service.ports)
    if (const std::optional<int> number = target_port(port, pod))
      ports.push_back({port.name, port.protocol, port.app_protocol, *number});
  return ports;
}

std::string slice_name(const std::string& service, const std::vector<SlicePort>& ports) {
  std::string text;
  for (const SlicePort& port : ports)
    text += fmt::format("{}/{}/{}/{};", port.name, port.protocol, port.app_protocol, port.port);
  return fmt::format("{}-{}", service, short_hash(text));
}

SliceEndpoint make_endpoint(const EndpointPod& pod, bool publish_not_ready) {
  const bool terminating = pod.meta.deletion_timestamp.has_value();
  return {.address = pod.facts.ip,
          .ready = publish_not_ready || (pod.facts.ready && !terminating),
          .serving = pod.facts.ready,
          .terminating = terminating,
          .node = pod.facts.node,
          .pod = pod.meta.key(),
          .pod_uid = pod.meta.uid};
}

Json encode_port(const SlicePort& port) {
  Json json{{"name", port.name}, {"protocol", port.protocol}, {"port", port.port}};
  if (!port.app_protocol.empty()) json["appProtocol"] = port.app_protocol;
  return json;
}

Json encode_endpoint(const SliceEndpoint& endpoint) {
  return {{"addresses", Json::array({endpoint.address})},
          {"conditions",
           {{"ready", endpoint.ready},
            {"serving", endpoint.serving},
            {"terminating", endpoint.terminating}}},
          {"nodeName", endpoint.node},
          {"targetRef",
           {{"kind", "Pod"},
            {"namespace", endpoint.pod.namespace_},
            {"name", endpoint.pod.name},
            {"uid", endpoint.pod_uid}}}};
}

}  // namespace

bool ServiceFacts::selects(const ObjectMeta& pod) const {
  return !selector.empty() && std::all_of(selector.begin(), selector.end(), [&](const auto& term) {
    const auto found = pod.labels.find(term.first);
    return found != pod.labels.end() && found->second == term.second;
  });
}

ServiceFacts decode_service_facts(const Json& service) {
  ServiceFacts facts;
  if (string_at(service, "spec.type") == "ExternalName") return facts;
  if (const Json* selector = find_path(service, "spec.selector");
      selector != nullptr && selector->is_object()) {
    for (const auto& [key, value] : selector->items())
      facts.selector[key] = value.is_string() ? value.get<std::string>() : "";
  }
  facts.publish_not_ready = bool_at(service, "spec.publishNotReadyAddresses");
  for (const Json& json : list_at(service, "spec.ports")) {
    ServicePort port;
    port.name = string_at(json, "name");
    port.protocol = string_at(json, "protocol", "TCP");
    port.app_protocol = string_at(json, "appProtocol");
    port.port = static_cast<int>(int_at(json, "port"));
    const Json* target = find_path(json, "targetPort");
    port.target = target == nullptr ? PortReference{port.port} : decode_port_reference(*target);
    facts.ports.push_back(std::move(port));
  }
  return facts;
}

std::vector<EndpointSliceSpec> render_endpoint_slices(const ObjectMeta& service,
                                                      const ServiceFacts& facts,
                                                      const std::vector<EndpointPod>& pods) {
  std::map<std::vector<SlicePort>, std::vector<SliceEndpoint>> by_ports;
  for (const EndpointPod& pod : pods) {
    if (!pod.facts.ip.empty() && !pod.facts.finished()) {
      by_ports[slice_ports(facts, &pod.facts)].push_back(
          make_endpoint(pod, facts.publish_not_ready));
    }
  }
  if (by_ports.empty()) by_ports[slice_ports(facts, nullptr)];
  std::vector<EndpointSliceSpec> slices;
  for (auto& [ports, endpoints] : by_ports) {
    std::sort(endpoints.begin(), endpoints.end(),
              [](const auto& a, const auto& b) { return a.address < b.address; });
    slices.push_back({slice_name(service.name, ports), ports, std::move(endpoints)});
  }
  return slices;
}

Json make_endpoint_slice(const ObjectMeta& service, const EndpointSliceSpec& spec) {
  Json labels = Json::object();
  for (const auto& [key, value] : service.labels) labels[key] = value;
  labels[kServiceNameLabel] = service.name;
  labels[kManagedByLabel] = kManagedByUs;
  Json ports = Json::array();
  for (const SlicePort& port : spec.ports) ports.push_back(encode_port(port));
  Json endpoints = Json::array();
  for (const SliceEndpoint& endpoint : spec.endpoints)
    endpoints.push_back(encode_endpoint(endpoint));
  const OwnerReference owner{"v1", "Service", service.name, service.uid, true, true};
  return {{"apiVersion", "discovery.k8s.io/v1"},
          {"kind", "EndpointSlice"},
          {"metadata",
           {{"name", spec.name},
            {"namespace", service.namespace_},
            {"labels", std::move(labels)},
            {"ownerReferences", Json::array({encode_owner_reference(owner)})}}},
          {"addressType", "IPv4"},
          {"endpoints", std::move(endpoints)},
          {"ports", std::move(ports)}};
}

}  // namespace sluice::local
