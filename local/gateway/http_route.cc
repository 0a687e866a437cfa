#include "local/gateway/http_route.h"

#include "base/json_list.h"
#include "base/letter_case.h"
#include "local/gateway/gateway_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

GatewayParent decode_parent(const Json& value) {
  return {.group = string_at(value, "group", kGatewayGroup),
          .kind = string_at(value, "kind", "Gateway"),
          .namespace_ = string_at(value, "namespace"),
          .name = string_at(value, "name"),
          .section_name = string_at(value, "sectionName"),
          .port = static_cast<int>(int_at(value, "port"))};
}

Result<PathMatchType> decode_path_type(const std::string& text, const std::string& path) {
  if (text == "Exact") return PathMatchType::Exact;
  if (text == "PathPrefix") return PathMatchType::PathPrefix;
  if (text == "RegularExpression") return PathMatchType::RegularExpression;
  return fail(
      invalid(fmt::format("{}.path.type: \"{}\" is not one of Exact, PathPrefix, "
                          "RegularExpression",
                          path, text)));
}

Result<GatewayMatch> decode_match(const Json& value, const std::string& path) {
  GatewayMatch match;
  Result<PathMatchType> type = decode_path_type(string_at(value, "path.type", "PathPrefix"), path);
  if (!type) return fail(type.error());
  match.path_type = *type;
  match.path = string_at(value, "path.value", "/");
  match.method = string_at(value, "method");
  for (const Json& header : list_at(value, "headers")) {
    match.headers.push_back(
        {.name = lower_case(string_at(header, "name")),
         .value = string_at(header, "value"),
         .regular_expression = string_at(header, "type", "Exact") == "RegularExpression"});
  }
  return match;
}

GatewayBackend decode_backend(const Json& value, const std::string& namespace_) {
  return {.group = string_at(value, "group"),
          .kind = string_at(value, "kind", "Service"),
          .namespace_ = string_at(value, "namespace", namespace_),
          .name = string_at(value, "name"),
          .port = static_cast<int>(int_at(value, "port")),
          .weight = int_at(value, "weight", 1)};
}

/// Notes what the gateway cannot do, so that the route's status can say so.
void note_limits(const Json& value, const std::string& path, GatewayRule& rule) {
  int index = 0;
  for (const Json& filter : list_at(value, "filters")) {
    const bool copies = string_at(filter, "type") == "RequestMirror";
    (copies ? rule.unmirrored : rule.unsupported)
        .push_back(fmt::format("{}.filters[{}]", path, index++));
  }
  index = 0;
  for (const Json& backend : list_at(value, "backendRefs")) {
    if (has_content(backend, "filters"))
      rule.unsupported.push_back(fmt::format("{}.backendRefs[{}].filters", path, index));
    ++index;
  }
  for (const char* field : {"timeouts", "retry", "sessionPersistence"})
    if (has_content(value, field)) rule.ignored.push_back(path + "." + field);
}

Result<GatewayRule> decode_rule(const Json& value, const std::string& namespace_,
                                const std::string& path) {
  GatewayRule rule;
  const Json& matches = list_at(value, "matches");
  for (size_t i = 0; i < matches.size(); ++i) {
    const std::string match_path = fmt::format("{}.matches[{}]", path, i);
    if (has_content(matches[i], "queryParams")) {
      rule.untestable.push_back(match_path + ".queryParams");
      continue;
    }
    Result<GatewayMatch> match = decode_match(matches[i], match_path);
    if (!match) return fail(match.error());
    rule.matches.push_back(std::move(*match));
  }
  if (matches.empty()) rule.matches.emplace_back();
  for (const Json& item : list_at(value, "backendRefs"))
    rule.backends.push_back(decode_backend(item, namespace_));
  note_limits(value, path, rule);
  return rule;
}

std::vector<GatewayHost> decode_hosts(const Json& spec) {
  std::vector<GatewayHost> hosts;
  for (const Json& name : list_at(spec, "hostnames"))
    if (name.is_string()) hosts.push_back({.name = lower_case(name.get<std::string>())});
  if (hosts.empty()) hosts.emplace_back();
  return hosts;
}

/// Other parents (a Service, in a mesh) get no status from us.
std::vector<GatewayParent> decode_parents(const Json& spec) {
  std::vector<GatewayParent> parents;
  for (const Json& item : list_at(spec, "parentRefs")) {
    GatewayParent parent = decode_parent(item);
    if (parent.group == kGatewayGroup && parent.kind == "Gateway")
      parents.push_back(std::move(parent));
  }
  return parents;
}

}  // namespace

Result<GatewayRoute> decode_http_route(const Json& object) {
  Result<ObjectMeta> meta = decode_meta(object);
  if (!meta) return fail(meta.error());
  GatewayRoute route{.id = {RouteKind::HttpRoute, meta->key()},
                     .uid = meta->uid,
                     .generation = meta->generation,
                     .created = meta->creation_timestamp,
                     .served = false};
  const Json* spec = find_path(object, "spec");
  if (spec == nullptr || !spec->is_object()) return route;
  route.parents = decode_parents(*spec);
  route.served = !route.parents.empty();
  const std::vector<GatewayHost> hosts = decode_hosts(*spec);
  for (const Json& item : list_at(*spec, "rules")) {
    Result<GatewayRule> rule =
        decode_rule(item, meta->namespace_, fmt::format("spec.rules[{}]", route.rules.size()));
    if (!rule) return fail(rule.error());
    rule->hosts = hosts;
    route.rules.push_back(std::move(*rule));
  }
  return route;
}

}  // namespace sluice::local
