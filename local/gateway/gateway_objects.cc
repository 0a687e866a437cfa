#include "local/gateway/gateway_objects.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>

namespace sluice::local {
namespace {

constexpr int64_t kPortMax = 65535;

/// The array at the key, or an empty one where it is missing or something else.
const Json& array_at(const Json& value, const char* key) {
  static const Json none = Json::array();
  const Json* found = find_path(value, key);
  return found != nullptr && found->is_array() ? *found : none;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

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
  for (const Json& header : array_at(value, "headers")) {
    match.headers.push_back(
        {.name = lower(string_at(header, "name")),
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

/// What HAProxy takes for a server's name, as every pod's name is.
bool is_server_name(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.';
  });
}

/// Anybody may write slices: an address that HAProxy cannot take must not hold up the others.
bool is_ipv4(const std::string& text) {
  in_addr ignored{};
  return inet_pton(AF_INET, text.c_str(), &ignored) == 1;
}

bool has_content(const Json& value, const char* key) {
  const Json* found = find_path(value, key);
  return found != nullptr && !found->is_null() && !found->empty();
}

/// Notes what the gateway cannot do, so that the route's status can say so.
void note_limits(const Json& value, const std::string& path, GatewayRule& rule) {
  if (has_content(value, "filters")) rule.unsupported.push_back(path + ".filters");
  int index = 0;
  for (const Json& backend : array_at(value, "backendRefs")) {
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
  const Json& matches = array_at(value, "matches");
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
  for (const Json& item : array_at(value, "backendRefs"))
    rule.backends.push_back(decode_backend(item, namespace_));
  note_limits(value, path, rule);
  return rule;
}

Result<ObjectMeta> decode_meta(const Json& object) {
  const Json* metadata = find_path(object, "metadata");
  if (metadata == nullptr) return fail(invalid("metadata: missing"));
  return decode_object_meta(*metadata);
}

}  // namespace

Result<GatewayRoute> decode_gateway_route(const Json& object) {
  Result<ObjectMeta> meta = decode_meta(object);
  if (!meta) return fail(meta.error());
  GatewayRoute route{.key = meta->key(),
                     .uid = meta->uid,
                     .generation = meta->generation,
                     .created = meta->creation_timestamp};
  const Json* spec = find_path(object, "spec");
  if (spec == nullptr || !spec->is_object()) return route;
  for (const Json& parent : array_at(*spec, "parentRefs"))
    route.parents.push_back(decode_parent(parent));
  for (const Json& hostname : array_at(*spec, "hostnames"))
    if (hostname.is_string()) route.hostnames.push_back(lower(hostname.get<std::string>()));
  for (const Json& item : array_at(*spec, "rules")) {
    Result<GatewayRule> rule =
        decode_rule(item, route.key.namespace_, fmt::format("spec.rules[{}]", route.rules.size()));
    if (!rule) return fail(rule.error());
    route.rules.push_back(std::move(*rule));
  }
  return route;
}

Result<GatewayService> decode_gateway_service(const Json& object) {
  Result<ObjectMeta> meta = decode_meta(object);
  if (!meta) return fail(meta.error());
  GatewayService service{.key = meta->key()};
  const Json* spec = find_path(object, "spec");
  if (spec == nullptr) return service;
  for (const Json& port : array_at(*spec, "ports")) {
    service.ports.push_back(
        {.name = string_at(port, "name"), .port = static_cast<int>(int_at(port, "port"))});
  }
  return service;
}

Result<GatewaySlice> decode_gateway_slice(const Json& object) {
  Result<ObjectMeta> meta = decode_meta(object);
  if (!meta) return fail(meta.error());
  GatewaySlice slice{.key = meta->key(), .service = meta->label("kubernetes.io/service-name")};
  // The local cluster gives pods IPv4 addresses; names and IPv6 come only from foreign slices.
  if (string_at(object, "addressType", "IPv4") != "IPv4") return slice;
  for (const Json& port : array_at(object, "ports")) {
    const int64_t number = int_at(port, "port");
    if (number < 1 || number > kPortMax) continue;
    slice.ports[string_at(port, "name")] = static_cast<int>(number);
  }
  for (const Json& endpoint : array_at(object, "endpoints")) {
    const Json& addresses = array_at(endpoint, "addresses");
    if (addresses.empty() || !addresses.front().is_string()) continue;
    const auto address = addresses.front().get<std::string>();
    if (!is_ipv4(address)) continue;
    // An absent condition is an unknown one, which the API asks to take as ready.
    if (!bool_at(endpoint, "conditions.ready", true)) continue;
    const std::string target = string_at(endpoint, "targetRef.name");
    const bool is_pod = string_at(endpoint, "targetRef.kind") == "Pod" && is_server_name(target);
    slice.ready.push_back({.address = address, .pod = is_pod ? target : ""});
  }
  return slice;
}

}  // namespace sluice::local
