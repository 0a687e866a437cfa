#include "traffic/nginx_router.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::traffic {
namespace {

Result<void> read_ingress_list(const Json& list, const std::string& path, NginxConfig& into) {
  if (!list.is_array())
    return fail(invalid_field(path, "stableIngresses", "must be a list of names"));
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string field = fmt::format("stableIngresses[{}]", i);
    if (!list[i].is_string() || list[i].get<std::string>().empty())
      return fail(invalid_field(path, field, "Required value: the name of an Ingress"));
    std::string name = list[i].get<std::string>();
    if (std::ranges::count(into.stable_ingresses, name) > 0)
      return fail(invalid_field(path, field, fmt::format("Duplicate value: \"{}\"", name)));
    into.stable_ingresses.push_back(std::move(name));
  }
  return {};
}

/// Keys without a prefix of their own get `prefix`, unless it is empty.
Result<void> read_annotations(const Json& config, const char* field, const std::string& prefix,
                              const std::string& path, StringMap& into) {
  const auto found = config.find(field);
  if (found == config.end()) return {};
  if (!found->is_object())
    return fail(invalid_field(path, field, "Invalid value: must be an object"));
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string())
      return fail(invalid_field(path, fmt::format("{}[{}]", field, key), "must be a string"));
    const bool whole = prefix.empty() || key.starts_with(prefix + "/");
    if (!whole && key.find('/') != std::string::npos) {
      return fail(
          invalid_field(path, fmt::format("{}[{}]", field, key),
                        "Invalid value: a key here gets the prefix \"" + prefix +
                            "\"; one with another prefix belongs to canaryIngressAnnotations"));
    }
    into[whole ? key : prefix + "/" + key] = value.get<std::string>();
  }
  return {};
}

}  // namespace

Result<NginxConfig> read_nginx_config(const Json& config, const std::string& path) {
  if (!config.is_object()) return fail(invalid(path + ": Invalid value: must be an object"));
  NginxConfig out;
  if (std::string name = string_at(config, "stableIngress"); !name.empty())
    out.stable_ingresses.push_back(std::move(name));
  if (config.contains("stableIngresses")) {
    if (!out.stable_ingresses.empty())
      return fail(
          invalid_field(path, "stableIngresses", "Invalid value: stableIngress is set already"));
    if (auto read = read_ingress_list(config["stableIngresses"], path, out); !read)
      return fail(read.error());
  }
  if (out.stable_ingresses.empty())
    return fail(invalid_field(path, "stableIngress", "Required value: name at least one Ingress"));
  out.annotation_prefix = string_at(config, "annotationPrefix", out.annotation_prefix);
  auto read = read_annotations(config, "additionalIngressAnnotations", out.annotation_prefix, path,
                               out.annotations);
  if (read) read = read_annotations(config, "canaryIngressAnnotations", "", path, out.annotations);
  if (!read) return fail(read.error());
  return out;
}

}  // namespace sluice::traffic
