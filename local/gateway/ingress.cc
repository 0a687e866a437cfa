#include "local/gateway/ingress.h"

#include "base/json_list.h"
#include "base/letter_case.h"
#include "base/whole_number.h"
#include "local/gateway/gateway_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace sluice::local {
namespace {

constexpr const char* kClassAnnotation = "kubernetes.io/ingress.class";

/// Without what they ask for, an answer would be a wrong one, or one for the wrong people.
constexpr std::array<std::string_view, 13> kDecisive = {"app-root",
                                                        "auth-tls-secret",
                                                        "auth-type",
                                                        "auth-url",
                                                        "backend-protocol",
                                                        "denylist-source-range",
                                                        "permanent-redirect",
                                                        "rewrite-target",
                                                        "temporal-redirect",
                                                        "upstream-vhost",
                                                        "use-regex",
                                                        "whitelist-source-range",
                                                        "allowlist-source-range"};

std::string annotation_path(std::string_view name) {
  return fmt::format("metadata.annotations[{}]", name);
}

std::string nginx_annotation(const ObjectMeta& meta, std::string_view name) {
  return meta.annotation(std::string(kNginxPrefix) + std::string(name));
}

/// As Go reads booleans.
bool is_true(const std::string& text) {
  constexpr std::array<std::string_view, 5> kTrue = {"true", "True", "TRUE", "t", "1"};
  return std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end();
}

/// The number in an annotation, or `fallback` where there is none. What is no number of the range
/// is noted and counts as 0.
int64_t read_weight(const ObjectMeta& meta, std::string_view name, int64_t fallback,
                    std::string& problem) {
  const std::string text = nginx_annotation(meta, name);
  if (text.empty()) return fallback;
  if (const auto number = whole_number(text); number && *number >= 0 && *number <= kCanaryWeightMax)
    return *number;
  problem = fmt::format("{}: \"{}\" is not a whole number from 0 to {}; no share goes by weight",
                        annotation_path(std::string(kNginxPrefix) + std::string(name)), text,
                        kCanaryWeightMax);
  return 0;
}

IngressCanary read_canary(const ObjectMeta& meta, std::string& problem) {
  IngressCanary canary{.header = lower_case(nginx_annotation(meta, "canary-by-header")),
                       .header_value = nginx_annotation(meta, "canary-by-header-value"),
                       .header_pattern = nginx_annotation(meta, "canary-by-header-pattern"),
                       .cookie = nginx_annotation(meta, "canary-by-cookie")};
  canary.weight = read_weight(meta, "canary-weight", 0, problem);
  canary.total = read_weight(meta, "canary-weight-total", kCanaryWeightTotal, problem);
  if (!problem.empty()) canary.weight = 0;
  if (canary.total == 0) canary.total = kCanaryWeightTotal;
  canary.weight = std::min(canary.weight, canary.total);
  return canary;
}

GatewayBackend read_backend(const Json* backend, const std::string& namespace_) {
  GatewayBackend result{.namespace_ = namespace_};
  if (backend == nullptr) return result;
  if (const Json* resource = find_path(*backend, "resource"); resource != nullptr) {
    result.group = string_at(*resource, "apiGroup");
    result.kind = string_at(*resource, "kind");
    result.name = string_at(*resource, "name");
    return result;
  }
  result.name = string_at(*backend, "service.name");
  result.port = static_cast<int>(int_at(*backend, "service.port.number"));
  result.port_name = string_at(*backend, "service.port.name");
  return result;
}

/// What is left to the implementation is a prefix here.
GatewayMatch read_match(const Json& path) {
  return {.path_type = string_at(path, "pathType") == "Exact" ? PathMatchType::Exact
                                                              : PathMatchType::PathPrefix,
          .path = string_at(path, "path", "/")};
}

void read_paths(const Json& spec, Ingress& ingress) {
  for (const Json& rule : list_at(spec, "rules")) {
    const GatewayHost host{.name = lower_case(string_at(rule, "host")), .one_label = true};
    for (const Json& path : list_at(rule, "http.paths")) {
      ingress.paths.push_back(
          {.host = host,
           .match = read_match(path),
           .backend = read_backend(find_path(path, "backend"), ingress.key.namespace_)});
    }
  }
  if (const Json* backend = find_path(spec, "defaultBackend"); backend != nullptr) {
    ingress.paths.push_back(
        {.backend = read_backend(backend, ingress.key.namespace_), .fallback = true});
  }
}

/// A canary has the settings of the Ingress that it belongs to, whatever else it is annotated with.
void note_limits(const ObjectMeta& meta, const Json* spec, Ingress& ingress) {
  if (ingress.canary) return;
  for (const auto& [key, value] : meta.annotations) {
    if (!key.starts_with(kNginxPrefix)) continue;
    const std::string name = key.substr(kNginxPrefix.size());
    if (name.starts_with("canary") || (name == "backend-protocol" && value == "HTTP")) continue;
    const bool decisive = std::find(kDecisive.begin(), kDecisive.end(), name) != kDecisive.end();
    (decisive ? ingress.unsupported : ingress.ignored).push_back(annotation_path(key));
  }
  if (spec != nullptr && has_content(*spec, "tls")) ingress.ignored.emplace_back("spec.tls");
}

}  // namespace

Result<Ingress> decode_ingress(const Json& object) {
  Result<ObjectMeta> meta = decode_meta(object);
  if (!meta) return fail(meta.error());
  Ingress ingress{.key = meta->key(),
                  .uid = meta->uid,
                  .generation = meta->generation,
                  .created = meta->creation_timestamp};
  ingress.class_name =
      string_at(object, "spec.ingressClassName", meta->annotation(kClassAnnotation));
  if (is_true(nginx_annotation(*meta, "canary")))
    ingress.canary = read_canary(*meta, ingress.problem);
  const Json* spec = find_path(object, "spec");
  if (spec != nullptr) read_paths(*spec, ingress);
  note_limits(*meta, spec, ingress);
  return ingress;
}

}  // namespace sluice::local
