#include "traffic/gateway_api_rules.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace sluice::traffic {
namespace {

using crds::Routes;

/// Names within a route are unique; nobody else gives such ones.
constexpr std::string_view kCopyMark = ".copy-";

template <typename JsonType>
JsonType* find_backend(JsonType& rule, const std::string& service) {
  const auto backends = rule.find("backendRefs");
  if (backends == rule.end() || !backends->is_array()) return nullptr;
  for (auto& backend : *backends) {
    const std::string kind = string_at(backend, "kind", "Service");
    if (kind == "Service" && string_at(backend, "name") == service) return &backend;
  }
  return nullptr;
}

/// All requests of the rule go to that Service.
bool goes_to(const Json& rule, const std::string& service) {
  const auto backends = rule.find("backendRefs");
  return backends != rule.end() && backends->is_array() && backends->size() == 1 &&
         find_backend(rule, service) != nullptr;
}

/// The managed route that a rule is of: by its name, and by where it leads. Other Rollouts may have
/// managed routes of the same name in the same HTTPRoute.
const std::string* managed_route_of(const Json& rule, const std::vector<std::string>& managed,
                                    const std::string& canary) {
  const std::string name = string_at(rule, "name");
  const auto found =
      std::find(managed.begin(), managed.end(), name.substr(0, name.rfind(kCopyMark)));
  const bool ours = !name.empty() && found != managed.end() && goes_to(rule, canary);
  return ours ? &*found : nullptr;
}

const std::string* managed_route_of(const Json& rule, const Routes& routes) {
  return managed_route_of(rule, routes.managed, routes.canary().service);
}

/// The former pair whose managed rule it is; null where the rule is of today or nobody's.
const crds::FormerPair* former_owner(const Json& rule, const Routes& routes) {
  if (managed_route_of(rule, routes) != nullptr) return nullptr;
  for (const crds::FormerPair& pair : routes.former)
    if (managed_route_of(rule, pair.managed, pair.canary) != nullptr) return &pair;
  return nullptr;
}

bool is_split(const Json& rule, const Routes& routes) {
  return find_backend(rule, routes.canary().service) != nullptr &&
         find_backend(rule, routes.stable().service) != nullptr;
}

bool is_named(const Routes& routes, const std::string& service) {
  return std::ranges::find(routes.destinations, service, &crds::Destination::service) !=
         routes.destinations.end();
}

/// The former canary's backend in a rule; null where the rule is not that pair's to share: a rule
/// that splits between today's Services has at most a backend of the former canary besides.
template <typename JsonType>
JsonType* former_backend(JsonType& rule, const Routes& routes, const crds::FormerPair& pair) {
  if (is_split(rule, routes))
    return is_named(routes, pair.canary) ? nullptr : find_backend(rule, pair.canary);
  return find_backend(rule, pair.stable) == nullptr ? nullptr : find_backend(rule, pair.canary);
}

/// Takes back what is above the most that each former canary may keep. True where something was.
bool take_back(Json& rule, const Routes& routes) {
  bool changed = false;
  for (const crds::FormerPair& pair : routes.former) {
    Json* canary = former_backend(rule, routes, pair);
    if (canary == nullptr || int_at(*canary, "weight", 1) <= pair.most) continue;
    (*canary)["weight"] = pair.most;
    if (!is_split(rule, routes))
      (*find_backend(rule, pair.stable))["weight"] = pair.total - pair.most;
    changed = true;
  }
  return changed;
}

/// The text as a regular expression that matches nothing else.
std::string literal_pattern(std::string_view text) {
  constexpr std::string_view kMeaningful = R"(\.+*?()|[]{}^$)";
  std::string pattern;
  for (const char c : text) {
    if (kMeaningful.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

Json header_match(const crds::HeaderMatch& match) {
  const crds::StringMatch& value = match.value;
  if (!value.exact.empty())
    return {{"name", match.name}, {"type", "Exact"}, {"value", value.exact}};
  // Gateways compare a value with the whole expression.
  const std::string regex =
      value.prefix.empty() ? value.regex : literal_pattern(value.prefix) + ".*";
  return {{"name", match.name}, {"type", "RegularExpression"}, {"value", regex}};
}

/// A copy of a split rule that sends requests with the headers to the canary only.
Json header_rule(const Json& split, const Routes& routes, const crds::HeaderRoute& route,
                 const std::string& name) {
  Json rule = split;
  rule["name"] = name;
  if (!rule.contains("matches") || rule["matches"].empty()) {
    // The path is the API's default, which the server would fill in.
    rule["matches"] = Json::array({{{"path", {{"type", "PathPrefix"}, {"value", "/"}}}}});
  }
  for (Json& match : rule["matches"])
    for (const crds::HeaderMatch& header : route.match)
      match["headers"].push_back(header_match(header));
  Json backend = *find_backend(split, routes.canary().service);
  backend["weight"] = 1;
  rule["backendRefs"] = Json::array({std::move(backend)});
  return rule;
}

/// "beta", and "beta.copy-1" where that is taken: by a further rule of the same managed route, or
/// by somebody else's.
std::string free_name(const std::string& managed, std::set<std::string>& taken) {
  std::string name = managed;
  for (int copy = 1; !taken.insert(name).second; ++copy)
    name = fmt::format("{}{}{}", managed, kCopyMark, copy);
  return name;
}

/// The header rules of all routes for all split rules, in the order in which they are tried.
Json header_rules(const Json& plain, const Routes& routes) {
  std::set<std::string> taken;
  for (const Json& rule : plain) taken.insert(string_at(rule, "name"));
  Json out = Json::array();
  for (const crds::HeaderRoute& route : routes.header_routes) {
    for (const Json& rule : plain) {
      if (!is_split(rule, routes)) continue;
      out.push_back(header_rule(rule, routes, route, free_name(route.name, taken)));
    }
  }
  return out;
}

/// The header rules stand among `rules`, in their order and before every split rule. What others
/// have put between or before them matters to nobody.
bool are_in_place(const Json& rules, const Routes& routes, const Json& header_rules) {
  Json own = Json::array();
  bool after_split = false;
  for (const Json& rule : rules) {
    if (former_owner(rule, routes) != nullptr) return false;
    const bool managed = managed_route_of(rule, routes) != nullptr;
    if (managed && after_split) return false;
    if (managed) own.push_back(rule);
    after_split = after_split || (!managed && is_split(rule, routes));
  }
  return own == header_rules;
}

/// The plain rules where they stood, and the managed ones between them.
Json merge_in_place(const Json& rules, const Routes& routes, Json plain) {
  Json out = Json::array();
  auto next = plain.begin();
  for (const Json& rule : rules)
    out.push_back(managed_route_of(rule, routes) != nullptr ? rule : std::move(*next++));
  return out;
}

/// Whether one of the header rules is there already but for its name: the cluster has a version of
/// HTTPRoute that drops names of rules, and each write would add one more.
bool are_nameless(const Json& rules, const Json& header_rules) {
  return std::any_of(header_rules.begin(), header_rules.end(), [&rules](Json header_rule) {
    header_rule.erase("name");
    return std::find(rules.begin(), rules.end(), header_rule) != rules.end();
  });
}

}  // namespace

Result<Json> edit_rules(const Json& rules, const Routes& routes, bool with_header_routes) {
  Json plain = Json::array();
  bool split = routes.destinations.empty();
  bool taken_back = false;
  for (const Json& rule : rules) {
    const bool former = former_owner(rule, routes) != nullptr;
    taken_back = taken_back || former;
    if (former || managed_route_of(rule, routes) != nullptr) continue;
    Json& edited = plain.emplace_back(rule);
    if (take_back(edited, routes)) taken_back = true;
    if (!is_split(rule, routes)) continue;
    split = true;
    for (const crds::Destination& to : routes.destinations)
      if (Json* backend = find_backend(edited, to.service)) (*backend)["weight"] = to.weight;
  }
  if (!split && !taken_back) {
    return fail(invalid(
        fmt::format("no rule has both the stable Service \"{}\" and the canary Service \"{}\" as "
                    "backendRefs",
                    routes.stable().service, routes.canary().service)));
  }
  Json wanted = Json::array();
  try {
    if (with_header_routes) wanted = header_rules(plain, routes);
  } catch (const Json::exception&) {
    return fail(invalid("matches: are not understood, so that no header route can be added"));
  }
  if (are_in_place(rules, routes, wanted)) return merge_in_place(rules, routes, std::move(plain));
  if (are_nameless(plain, wanted)) {
    return fail(invalid(
        "a header route stands there without its name, by which it could be taken away again: the "
        "cluster's HTTPRoute must keep the names of rules, and the rule be removed by hand"));
  }
  for (Json& rule : plain) wanted.push_back(std::move(rule));
  return wanted;
}

std::optional<int64_t> canary_weight_of(const Json& rules, const Routes& routes) {
  std::optional<int64_t> seen;
  for (const Json& rule : rules) {
    if (managed_route_of(rule, routes) != nullptr || !is_split(rule, routes)) continue;
    const Json& canary = *find_backend(rule, routes.canary().service);
    const Json& stable = *find_backend(rule, routes.stable().service);
    if (!canary.contains("weight") || !stable.contains("weight")) return std::nullopt;
    const int64_t weight = int_at(canary, "weight");
    if (weight + int_at(stable, "weight") != routes.total) return std::nullopt;
    if (seen && *seen != weight) return std::nullopt;
    seen = weight;
  }
  return seen;
}

int64_t former_weight_of(const Json& rules, const Routes& routes) {
  int64_t most = 0;
  for (const Json& rule : rules) {
    if (const crds::FormerPair* pair = former_owner(rule, routes)) {
      most = std::max(most, pair->total);
    } else if (managed_route_of(rule, routes) == nullptr) {
      for (const crds::FormerPair& pair_of : routes.former)
        if (const Json* backend = former_backend(rule, routes, pair_of))
          most = std::max(most, int_at(*backend, "weight", 1));
    }
  }
  return most;
}

std::set<std::string> header_routes_of(const Json& rules, const Routes& routes) {
  std::set<std::string> names;
  for (const Json& rule : rules)
    if (const std::string* name = managed_route_of(rule, routes)) names.insert(*name);
  return names;
}

}  // namespace sluice::traffic
