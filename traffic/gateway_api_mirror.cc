#include "traffic/gateway_api_mirror.h"

#include "traffic/gateway_api_matches.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>

namespace sluice::traffic {
namespace {

struct PathMatch {
  std::string type;
  std::string value;

  bool is_pattern() const { return type == "RegularExpression"; }

  bool is_all() const { return type == "PathPrefix" && value == "/"; }
};

PathMatch path_of(const Json& match) {
  return {string_at(match, "path.type", "PathPrefix"), string_at(match, "path.value", "/")};
}

std::optional<PathMatch> path_of(const crds::StringMatch& path) {
  if (path.empty()) return std::nullopt;
  if (!path.exact.empty()) return PathMatch{"Exact", path.exact};
  if (!path.prefix.empty()) return PathMatch{"PathPrefix", path.prefix};
  return PathMatch{"RegularExpression", path.regex};
}

/// All paths of `inner` are paths of `outer`. A prefix is one of whole elements: "/a" has "/a/b"
/// and not "/ab".
bool covers(const PathMatch& outer, const PathMatch& inner) {
  if (outer.type == "Exact") return inner.type == "Exact" && inner.value == outer.value;
  std::string_view stem = outer.value;
  if (stem.ends_with('/')) stem.remove_suffix(1);
  return inner.value == outer.value ||
         (inner.value.starts_with(stem) && inner.value.size() > stem.size() &&
          inner.value[stem.size()] == '/') ||
         (inner.value == stem && !stem.empty());
}

/// Puts the path that both have into the match; false where they have none in common.
Result<bool> narrow_path(Json& match, const crds::StringMatch& wanted) {
  const std::optional<PathMatch> more = path_of(wanted);
  const PathMatch has = path_of(match);
  if (!more || (more->type == has.type && more->value == has.value)) return true;
  if (!has.is_all() && (has.is_pattern() || more->is_pattern())) {
    return fail(invalid(
        fmt::format("the path {} of a rule and the path {} of the mirror route cannot be put "
                    "together, as one is a regular expression",
                    has.value, more->value)));
  }
  if (has.is_all() || covers(has, *more))
    match["path"] = {{"type", more->type}, {"value", more->value}};
  else if (!covers(*more, has))
    return false;
  return true;
}

/// False where the match is about another method.
bool narrow_method(Json& match, const crds::StringMatch& wanted) {
  if (wanted.empty()) return true;
  const std::string has = string_at(match, "method");
  if (!has.empty() && has != wanted.exact) return false;
  match["method"] = wanted.exact;
  return true;
}

}  // namespace

Result<Json> narrowed_matches(const Json& rule, const crds::MirrorRoute& route) {
  Json matches = Json::array();
  for (const Json& match : matches_of(rule)) {
    for (const crds::RequestMatch& wanted : route.match) {
      Json narrowed = match;
      const auto meets = narrow_path(narrowed, wanted.path);
      if (!meets) return fail(meets.error());
      if (!*meets || !narrow_method(narrowed, wanted.method)) continue;
      add_headers(narrowed, wanted.headers);
      matches.push_back(std::move(narrowed));
    }
  }
  return matches;
}

void add_mirror(Json& rule, const Json& backend, int32_t percentage) {
  Json to = backend;
  to.erase("weight");
  to.erase("filters");
  rule["filters"].push_back(
      {{"type", "RequestMirror"},
       {"requestMirror", {{"backendRef", std::move(to)}, {"percent", percentage}}}});
}

const Json* find_mirror(const Json& rule, const std::string& service) {
  const Json* filters = find_path(rule, "filters");
  if (service.empty() || filters == nullptr || !filters->is_array()) return nullptr;
  for (const Json& filter : *filters)
    if (string_at(filter, "requestMirror.backendRef.name") == service) return &filter;
  return nullptr;
}

Json without_shares(Json rules) {
  for (Json& rule : rules) {
    if (!rule.contains("filters")) continue;
    for (Json& filter : rule["filters"])
      if (filter.contains("requestMirror")) filter["requestMirror"].erase("percent");
  }
  return rules;
}

}  // namespace sluice::traffic
