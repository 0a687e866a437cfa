#include "local/api/table_builtin.h"

#include "base/json_list.h"
#include "base/letter_case.h"
#include "base/object_condition.h"
#include "local/api/table_pods.h"
#include "local/store/selectors.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

/// So many addresses and ports of an EndpointSlice are shown.
constexpr size_t kEndpointsShown = 3;

constexpr int64_t kWideOnly = 1;

PrinterColumn name_column(int64_t priority = 0) {
  return {"Name", "string", "name", "", "", priority};
}

PrinterColumn text_column(std::string name, int64_t priority = 0) {
  return {std::move(name), "string", "", "", "", priority};
}

PrinterColumn number_column(std::string name, int64_t priority = 0) {
  return {std::move(name), "integer", "", "", "", priority};
}

size_t size_at(const Json& object, std::string_view path) {
  const Json* value = find_path(object, path);
  return value == nullptr ? 0 : value->size();
}

Json name_of(const Json& object) {
  return string_at(object, "metadata.name");
}

Json age_of(const Json& object, SystemTime now) {
  return age_since(string_at(object, "metadata.creationTimestamp"), now);
}

std::string joined(const Json& list, std::string_view member) {
  std::string text;
  for (const Json& item : list) text += (text.empty() ? "" : ",") + string_at(item, member);
  return text;
}

std::string joined(const Json& list) {
  std::string text;
  for (const Json& item : list)
    text += (text.empty() ? "" : ",") + (item.is_string() ? item.get<std::string>() : "");
  return text;
}

std::vector<Json> plain_cells(const Json& object, SystemTime now) {
  return {name_of(object), age_of(object, now)};
}

std::vector<Json> namespace_cells(const Json& object, SystemTime now) {
  return {name_of(object), string_at(object, "status.phase"), age_of(object, now)};
}

std::vector<Json> config_map_cells(const Json& object, SystemTime now) {
  return {name_of(object), size_at(object, "data") + size_at(object, "binaryData"),
          age_of(object, now)};
}

std::vector<Json> secret_cells(const Json& object, SystemTime now) {
  return {name_of(object), string_at(object, "type"), size_at(object, "data"), age_of(object, now)};
}

std::vector<Json> service_account_cells(const Json& object, SystemTime now) {
  return {name_of(object), size_at(object, "secrets"), age_of(object, now)};
}

std::vector<Json> lease_cells(const Json& object, SystemTime now) {
  return {name_of(object), string_at(object, "spec.holderIdentity"), age_of(object, now)};
}

std::vector<Json> crd_cells(const Json& object, SystemTime) {
  return {name_of(object), string_at(object, "metadata.creationTimestamp")};
}

std::string selector_text(const Json* labels) {
  LabelSelector selector;
  if (labels != nullptr) selector = decode_label_selector(Json{{"matchLabels", *labels}});
  return or_none(format_label_selector(selector));
}

std::string service_ports(const Json& service) {
  std::string text;
  for (const Json& port : list_at(service, "spec.ports")) {
    const int64_t node_port = int_at(port, "nodePort");
    text += fmt::format("{}{}{}/{}", text.empty() ? "" : ",", int_at(port, "port"),
                        node_port == 0 ? "" : fmt::format(":{}", node_port),
                        string_at(port, "protocol", "TCP"));
  }
  return or_none(text);
}

std::string external_address(const Json& service) {
  const std::string type = string_at(service, "spec.type", "ClusterIP");
  if (type == "ExternalName") return string_at(service, "spec.externalName");
  std::string addresses = joined(list_at(service, "status.loadBalancer.ingress"), "ip");
  const std::string external = joined(list_at(service, "spec.externalIPs"));
  addresses += addresses.empty() || external.empty() ? external : "," + external;
  return addresses.empty() && type == "LoadBalancer" ? "<pending>" : or_none(addresses);
}

std::vector<Json> service_cells(const Json& object, SystemTime now) {
  return {name_of(object),
          string_at(object, "spec.type", "ClusterIP"),
          or_none(string_at(object, "spec.clusterIP")),
          external_address(object),
          service_ports(object),
          age_of(object, now),
          selector_text(find_path(object, "spec.selector"))};
}

std::vector<Json> replica_set_cells(const Json& object, SystemTime now) {
  const Json& containers = list_at(object, "spec.template.spec.containers");
  const Json* selector = find_path(object, "spec.selector");
  const LabelSelector labels =
      selector == nullptr ? LabelSelector{} : decode_label_selector(*selector);
  return {name_of(object),
          int_at(object, "spec.replicas"),
          int_at(object, "status.replicas"),
          int_at(object, "status.readyReplicas"),
          age_of(object, now),
          joined(containers, "name"),
          joined(containers, "image"),
          or_none(format_label_selector(labels))};
}

std::vector<Json> node_cells(const Json& object, SystemTime now) {
  const Json* of = find_path(object, "status");
  const bool told = of != nullptr && find_condition(*of, "Ready") != nullptr;
  const char* status = !told ? "Unknown" : has_condition(*of, "Ready") ? "Ready" : "NotReady";
  return {name_of(object), status, "<none>", age_of(object, now),
          string_at(object, "status.nodeInfo.kubeletVersion")};
}

/// The first of the times that is set.
std::string first_time(const Json& event, std::initializer_list<std::string_view> paths) {
  for (const std::string_view path : paths)
    if (std::string text = string_at(event, path); !text.empty()) return text;
  return "";
}

std::vector<Json> event_cells(const Json& object, SystemTime now) {
  std::string involved = lower_case(string_at(object, "involvedObject.kind"));
  if (const std::string name = string_at(object, "involvedObject.name"); !name.empty())
    involved += "/" + name;
  const std::string host = string_at(object, "source.host");
  const std::string component =
      string_at(object, "source.component", string_at(object, "reportingComponent"));
  const int64_t count = int_at(object, "series.count", int_at(object, "count"));
  return {
      age_since(first_time(object, {"series.lastObservedTime", "lastTimestamp", "eventTime"}), now),
      string_at(object, "type"),
      string_at(object, "reason"),
      involved,
      string_at(object, "involvedObject.fieldPath"),
      host.empty() ? component : component + ", " + host,
      string_at(object, "message"),
      age_since(first_time(object, {"firstTimestamp", "eventTime"}), now),
      std::max<int64_t>(count, 1),
      name_of(object)};
}

/// Up to kEndpointsShown of them, and how many more there are.
std::string shown(const std::vector<std::string>& items, std::string_view none) {
  std::string text;
  for (size_t i = 0; i < std::min(items.size(), kEndpointsShown); ++i)
    text += (i == 0 ? "" : ",") + items[i];
  if (items.size() > kEndpointsShown)
    text += fmt::format(" + {} more...", items.size() - kEndpointsShown);
  return items.empty() ? std::string(none) : text;
}

std::vector<Json> endpoint_slice_cells(const Json& object, SystemTime now) {
  std::vector<std::string> ports;
  for (const Json& port : list_at(object, "ports"))
    ports.push_back(std::to_string(int_at(port, "port")));
  std::vector<std::string> addresses;
  for (const Json& endpoint : list_at(object, "endpoints"))
    for (const Json& address : list_at(endpoint, "addresses"))
      addresses.push_back(address.is_string() ? address.get<std::string>() : "");
  return {name_of(object), string_at(object, "addressType"), shown(ports, "<unset>"),
          shown(addresses, "<unset>"), age_of(object, now)};
}

std::vector<Json> endpoints_cells(const Json& object, SystemTime now) {
  std::vector<std::string> pairs;
  for (const Json& subset : list_at(object, "subsets")) {
    for (const Json& address : list_at(subset, "addresses"))
      for (const Json& port : list_at(subset, "ports"))
        pairs.push_back(fmt::format("{}:{}", string_at(address, "ip"), int_at(port, "port")));
  }
  return {name_of(object), shown(pairs, "<none>"), age_of(object, now)};
}

std::vector<Json> ingress_cells(const Json& object, SystemTime now) {
  std::vector<std::string> hosts;
  for (const Json& rule : list_at(object, "spec.rules"))
    if (std::string host = string_at(rule, "host"); !host.empty()) hosts.push_back(std::move(host));
  const Json& balancers = list_at(object, "status.loadBalancer.ingress");
  std::string addresses;
  for (const Json& balancer : balancers) {
    addresses += addresses.empty() ? "" : ",";
    addresses += string_at(balancer, "ip", string_at(balancer, "hostname"));
  }
  return {
      name_of(object), or_none(string_at(object, "spec.ingressClassName")),    shown(hosts, "*"),
      addresses,       list_at(object, "spec.tls").empty() ? "80" : "80, 443", age_of(object, now)};
}

std::vector<Json> ingress_class_cells(const Json& object, SystemTime now) {
  const std::string parameters = string_at(object, "spec.parameters.name");
  return {name_of(object), string_at(object, "spec.controller"), or_none(parameters),
          age_of(object, now)};
}

/// A number of pods or a share of them.
std::string amount_of(const Json& object, std::string_view path) {
  const Json* amount = find_path(object, path);
  if (amount == nullptr) return "N/A";
  return amount->is_string() ? amount->get<std::string>() : dump_json(*amount);
}

std::vector<Json> budget_cells(const Json& object, SystemTime now) {
  return {name_of(object), amount_of(object, "spec.minAvailable"),
          amount_of(object, "spec.maxUnavailable"), int_at(object, "status.disruptionsAllowed"),
          age_of(object, now)};
}

/// Name, those, and Age.
std::vector<PrinterColumn> named(std::initializer_list<const char*> texts) {
  std::vector<PrinterColumn> columns{name_column()};
  for (const char* text : texts) columns.push_back(text_column(text));
  columns.push_back(text_column("Age"));
  return columns;
}

const std::vector<BuiltinTable> kTables = {
    {"",
     "pods",
     {name_column(), text_column("Ready"), text_column("Status"), text_column("Restarts"),
      text_column("Age"), text_column("IP", kWideOnly), text_column("Node", kWideOnly),
      text_column("Nominated Node", kWideOnly), text_column("Readiness Gates", kWideOnly)},
     pod_cells},
    {"",
     "services",
     {name_column(), text_column("Type"), text_column("Cluster-IP"), text_column("External-IP"),
      text_column("Port(s)"), text_column("Age"), text_column("Selector", kWideOnly)},
     service_cells},
    {"apps",
     "replicasets",
     {name_column(), number_column("Desired"), number_column("Current"), number_column("Ready"),
      text_column("Age"), text_column("Containers", kWideOnly), text_column("Images", kWideOnly),
      text_column("Selector", kWideOnly)},
     replica_set_cells},
    {"", "namespaces", named({"Status"}), namespace_cells},
    {"", "configmaps", named({"Data"}), config_map_cells},
    {"", "secrets", named({"Type", "Data"}), secret_cells},
    {"", "serviceaccounts", named({"Secrets"}), service_account_cells},
    {"",
     "nodes",
     {name_column(), text_column("Status"), text_column("Roles"), text_column("Age"),
      text_column("Version")},
     node_cells},
    {"",
     "events",
     {text_column("Last Seen"), text_column("Type"), text_column("Reason"), text_column("Object"),
      text_column("Subobject", kWideOnly), text_column("Source", kWideOnly), text_column("Message"),
      text_column("First Seen", kWideOnly), number_column("Count", kWideOnly),
      name_column(kWideOnly)},
     event_cells},
    {"discovery.k8s.io", "endpointslices", named({"AddressType", "Ports", "Endpoints"}),
     endpoint_slice_cells},
    {"", "endpoints", named({"Endpoints"}), endpoints_cells},
    {"coordination.k8s.io", "leases", named({"Holder"}), lease_cells},
    {"networking.k8s.io", "ingresses", named({"Class", "Hosts", "Address", "Ports"}),
     ingress_cells},
    {"networking.k8s.io", "ingressclasses", named({"Controller", "Parameters"}),
     ingress_class_cells},
    {"policy",
     "poddisruptionbudgets",
     {name_column(), text_column("Min Available"), text_column("Max Unavailable"),
      number_column("Allowed Disruptions"), text_column("Age")},
     budget_cells},
    {"apiextensions.k8s.io",
     "customresourcedefinitions",
     {name_column(), {"Created At", "date", "", "", "", 0}},
     crd_cells},
};

}  // namespace

const BuiltinTable* find_builtin_table(std::string_view group, std::string_view plural) {
  const auto found = std::ranges::find_if(kTables, [&](const BuiltinTable& table) {
    return table.group == group && table.plural == plural;
  });
  return found == kTables.end() ? nullptr : &*found;
}

const BuiltinTable& plain_table() {
  static const BuiltinTable table{"", "", {name_column(), text_column("Age")}, plain_cells};
  return table;
}

std::string or_none(std::string text) {
  return text.empty() ? "<none>" : text;
}

std::string age_since(std::string_view timestamp, SystemTime now) {
  if (timestamp.empty()) return "<unknown>";
  const auto time = parse_time(timestamp);
  return time ? format_age(now - *time) : "<invalid>";
}

}  // namespace sluice::local
