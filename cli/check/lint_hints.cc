#include "cli/check/lint_hints.h"

#include "base/json_list.h"
#include "base/nearest.h"
#include "cli/check/lint_references.h"
#include "crds/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace sluice::cli {
namespace {

using Objects = std::span<const Json* const>;

/// "shop", "registry:5000/shop" and "shop:latest"; a digest is a version of its own.
bool is_moving(std::string_view image) {
  if (image.empty() || image.find('@') != std::string_view::npos) return false;
  const std::string_view name = image.substr(image.rfind('/') + 1);
  const size_t colon = name.find(':');
  return colon == std::string_view::npos || name.substr(colon) == ":latest";
}

/// The host of "http://HOST:PORT/…" is that of all interfaces.
bool is_listening_address(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = url.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::string_view host = authority.substr(authority.rfind('@') + 1);
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"0.0.0.0", "[::]"}, [host](std::string_view all) {
        return host == all || (host.starts_with(all) && host[all.size()] == ':');
      });
}

}  // namespace

crds::FieldProblems find_unknown_plugin_keys(const Json& object, Objects) {
  static const std::vector<std::string> kKnown = {
      "httpRoute",          "grpcRoute",           "tcpRoute",
      "tlsRoute",           "httpRoutes",          "grpcRoutes",
      "tcpRoutes",          "tlsRoutes",           "httpRouteSelector",
      "grpcRouteSelector",  "tcpRouteSelector",    "tlsRouteSelector",
      "namespace",          "configMap",           "disableInProgressLabel",
      "inProgressLabelKey", "inProgressLabelValue"};
  crds::FieldProblems problems;
  const Json* plugins = find_path(object, "spec.strategy.canary.trafficRouting.plugins");
  if (!is_kind(object, crds::kRollout) || plugins == nullptr || !plugins->is_object())
    return problems;
  const auto block = plugins->find("argoproj-labs/gatewayAPI");
  if (block == plugins->end() || !block->is_object()) return problems;
  for (const auto& [key, value] : block->items()) {
    if (std::ranges::find(kKnown, key) != kKnown.end()) continue;
    problems.push_back(
        {"spec.strategy.canary.trafficRouting.plugins[argoproj-labs/gatewayAPI]." + key,
         crds::unknown_field_text(nearest_word(key, kKnown))});
  }
  return problems;
}

crds::FieldProblems find_moving_images(const Json& object, Objects) {
  crds::FieldProblems problems;
  if (!is_kind(object, crds::kRollout)) return problems;
  for (const char* list : {"initContainers", "containers"}) {
    const std::string field = fmt::format("spec.template.spec.{}", list);
    const Json& containers = list_at(object, field);
    for (size_t i = 0; i < containers.size(); ++i) {
      const std::string image = string_at(containers[i], "image");
      if (!is_moving(image)) continue;
      problems.push_back(
          {fmt::format("{}[{}].image", field, i),
           fmt::format("\"{}\" names no version: what latest is moves, and a rollback "
                       "starts whatever it is by then",
                       image)});
    }
  }
  return problems;
}

crds::FieldProblems find_listening_addresses(const Json& object, Objects) {
  crds::FieldProblems problems;
  const bool measures = is_kind(object, crds::kAnalysisTemplate) ||
                        is_kind(object, crds::kClusterAnalysisTemplate) ||
                        is_kind(object, crds::kAnalysisRun);
  if (!measures) return problems;
  const Json& metrics = list_at(object, "spec.metrics");
  for (size_t i = 0; i < metrics.size(); ++i) {
    for (const char* path : {"provider.prometheus.address", "provider.web.url"}) {
      if (!is_listening_address(string_at(metrics[i], path))) continue;
      problems.push_back({fmt::format("spec.metrics[{}].{}", i, path),
                          "is where a server listens, on all its addresses, and none to ask it at: "
                          "name its Service or host"});
    }
  }
  return problems;
}

}  // namespace sluice::cli
