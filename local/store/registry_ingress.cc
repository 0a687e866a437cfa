#include "local/store/registry_ingress.h"

#include "base/json_list.h"
#include "core/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <array>
#include <string>
#include <string_view>

namespace sluice::local {
namespace {

constexpr const char* kClassAnnotation = "kubernetes.io/ingress.class";

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return inet_pton(AF_INET, text.c_str(), ignored.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), ignored.data()) == 1;
}

/// A DNS name, or "*." before one.
ApiCauses validate_host(const std::string& host, const std::string& field) {
  if (host.empty()) return {};
  if (is_address(host))
    return {invalid_value(field, go_quote(host), "must be a DNS name, not an IP address")};
  if (host.find('*') == std::string::npos)
    return complaints_about(field, host, core::check_subdomain(host));
  if (host.starts_with("*.") && core::check_subdomain(host.substr(2)).empty()) return {};
  return {invalid_value(field, go_quote(host), "a wildcard is a DNS name after '*.'")};
}

ApiCauses validate_port(const Json& port, const std::string& field) {
  const std::string name = string_at(port, "name");
  const int64_t number = int_at(port, "number");
  if (!name.empty() && number != 0)
    return {invalid_value(field, "\"\"", "cannot set both port name & port number")};
  if (!name.empty()) return complaints_about(field + ".name", name, core::check_port_name(name));
  if (number == 0) return {required_value(field, "port name or number is required")};
  return check_port_number(field + ".number", number);
}

ApiCauses validate_backend(const Json& backend, const std::string& field) {
  const Json* service = find_path(backend, "service");
  const Json* resource = find_path(backend, "resource");
  if (service != nullptr && resource != nullptr)
    return {invalid_value(field, "\"\"", "cannot set both resource and service backends")};
  if (resource != nullptr) return {};
  if (service == nullptr)
    return {invalid_value(field, "\"\"", "resource or service backend is required")};
  const std::string name = string_at(*service, "name");
  ApiCauses causes;
  if (name.empty())
    causes.push_back(required_value(field + ".service.name"));
  else
    causes = complaints_about(field + ".service.name", name, core::check_dns1035_label(name));
  const Json* port = find_path(*service, "port");
  append(causes, validate_port(port == nullptr ? Json::object() : *port, field + ".service.port"));
  return causes;
}

/// What a path that is compared literally must not hold: no request has it after cleaning.
ApiCauses validate_literal_path(const std::string& path, const std::string& field) {
  if (!path.starts_with('/'))
    return {invalid_value(field, go_quote(path), "must be an absolute path")};
  ApiCauses causes;
  for (const char* part : {"//", "/./", "/../", "%2f", "%2F"})
    if (path.find(part) != std::string::npos)
      causes.push_back(
          invalid_value(field, go_quote(path), fmt::format("must not contain '{}'", part)));
  for (const char* end : {"/..", "/."})
    if (path.ends_with(end))
      causes.push_back(
          invalid_value(field, go_quote(path), fmt::format("cannot end with '{}'", end)));
  return causes;
}

ApiCauses validate_path(const Json& entry, const std::string& field) {
  const std::string type = string_at(entry, "pathType");
  const std::string path = string_at(entry, "path");
  ApiCauses causes;
  if (find_path(entry, "pathType") == nullptr) {
    causes.push_back(required_value(field + ".pathType", "pathType must be specified"));
  } else if (type == "Exact" || type == "Prefix") {
    append(causes, validate_literal_path(path, field + ".path"));
  } else if (type != "ImplementationSpecific") {
    causes.push_back(unsupported_value(field + ".pathType", go_quote(type),
                                       {"Exact", "ImplementationSpecific", "Prefix"}));
  } else if (!path.empty() && !path.starts_with('/')) {
    causes.push_back(invalid_value(field + ".path", go_quote(path), "must be an absolute path"));
  }
  const Json* backend = find_path(entry, "backend");
  append(causes,
         validate_backend(backend == nullptr ? Json::object() : *backend, field + ".backend"));
  return causes;
}

ApiCauses validate_rule(const Json& rule, const std::string& field) {
  ApiCauses causes = validate_host(string_at(rule, "host"), field + ".host");
  if (find_path(rule, "http") == nullptr) return causes;
  const Json& paths = list_at(rule, "http.paths");
  if (paths.empty()) causes.push_back(required_value(field + ".http.paths"));
  for (size_t at = 0; at < paths.size(); ++at)
    append(causes, validate_path(paths[at], fmt::format("{}.http.paths[{}]", field, at)));
  return causes;
}

ApiCauses validate_tls(const Json& tls) {
  ApiCauses causes;
  for (size_t at = 0; at < tls.size(); ++at) {
    const Json& hosts = list_at(tls[at], "hosts");
    for (size_t i = 0; i < hosts.size(); ++i)
      append(causes, validate_host(hosts[i].get<std::string>(),
                                   fmt::format("spec.tls[{}].hosts[{}]", at, i)));
  }
  return causes;
}

ApiCauses validate_class_name(const Json& spec) {
  const Json* name = find_path(spec, "ingressClassName");
  if (name == nullptr) return {};
  const auto text = name->get<std::string>();
  return complaints_about("spec.ingressClassName", text, core::check_subdomain(text));
}

}  // namespace

void prepare_new_ingress(Json& ingress) {
  ingress["status"] = {{"loadBalancer", Json::object()}};
}

ApiCauses validate_ingress(const Json& ingress) {
  const Json none = Json::object();
  const Json* found = find_path(ingress, "spec");
  const Json& spec = found == nullptr ? none : *found;
  const Json& rules = list_at(spec, "rules");
  const Json* fallback = find_path(spec, "defaultBackend");
  ApiCauses causes;
  if (rules.empty() && fallback == nullptr) {
    causes.push_back(
        invalid_value("spec", "null", "either `defaultBackend` or `rules` must be specified"));
  }
  append(causes, validate_tls(list_at(spec, "tls")));
  for (size_t at = 0; at < rules.size(); ++at)
    append(causes, validate_rule(rules[at], fmt::format("spec.rules[{}]", at)));
  if (fallback != nullptr) append(causes, validate_backend(*fallback, "spec.defaultBackend"));
  append(causes, validate_class_name(spec));
  return causes;
}

ApiCauses validate_new_ingress(const Json& ingress) {
  const Json* annotations = find_path(ingress, "metadata.annotations");
  if (annotations == nullptr || !annotations->contains(kClassAnnotation) ||
      find_path(ingress, "spec.ingressClassName") == nullptr)
    return {};
  const std::string name = annotations->at(kClassAnnotation).get<std::string>();
  return {invalid_value(fmt::format("annotations.{}", kClassAnnotation), go_quote(name),
                        "can not be set when the class field is also set")};
}

ApiCauses validate_ingress_class(const Json& ingress_class) {
  const std::string name = string_at(ingress_class, "spec.controller");
  if (name.empty()) return {required_value("spec.controller")};
  if (name.find('/') == std::string::npos) {
    return {invalid_value("spec.controller", go_quote(name),
                          "must be a domain-prefixed path (such as \"acme.io/foo\")")};
  }
  return {};
}

ApiCauses validate_ingress_class_update(const Json& ingress_class, const Json& old) {
  return changed_fields(ingress_class, old, {"spec.controller"});
}

}  // namespace sluice::local
