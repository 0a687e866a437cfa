#include "traffic/gateway_api_rules.h"

#include "traffic/gateway_api_matches.h"
#include "traffic/gateway_api_mirror.h"
#include "traffic/managed_rules.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::traffic {
namespace {

using crds::Routes;

constexpr int32_t kAllRequests = 100;  ///< Percent.

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
  const bool leads = goes_to(rule, canary) || find_mirror(rule, canary) != nullptr;
  return leads ? managed_by_name(rule, managed) : nullptr;
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

/// A copy of a split rule that sends requests with the headers to the canary only.
Json header_rule(const Json& split, const Routes& routes, const crds::HeaderRoute& route,
                 const std::string& name) {
  Json rule = split;
  rule["name"] = name;
  rule["matches"] = matches_of(split);
  for (Json& match : rule["matches"]) add_headers(match, route.match);
  Json backend = *find_backend(split, routes.canary().service);
  backend["weight"] = 1;
  rule["backendRefs"] = Json::array({std::move(backend)});
  return rule;
}

/// The managed rules of today, and what keeps one of them from being made.
struct ManagedRules {
  Json rules = Json::array();
  std::optional<Error> fault;
};

class ManagedRuleMaker {
 public:
  ManagedRuleMaker(const Json& plain, const Routes& routes) : plain_(plain), routes_(routes) {
    for (const Json& rule : plain) taken_.insert(string_at(rule, "name"));
  }

  /// Of all split rules, in the order in which they are tried.
  ManagedRules make() && {
    for (const std::string& name : routes_.managed) {
      const auto header = std::ranges::find(routes_.header_routes, name, &crds::HeaderRoute::name);
      if (header != routes_.header_routes.end()) add_headers_of(*header);
      const auto mirror = std::ranges::find(routes_.mirror_routes, name, &crds::MirrorRoute::name);
      if (mirror != routes_.mirror_routes.end()) add_mirrors_of(*mirror);
    }
    return std::move(made_);
  }

 private:
  void add_headers_of(const crds::HeaderRoute& route) {
    for (const Json& rule : plain_)
      if (is_split(rule, routes_))
        made_.rules.push_back(
            header_rule(rule, routes_, route, free_rule_name(route.name, taken_)));
  }

  void add_mirrors_of(const crds::MirrorRoute& route) {
    const size_t before = made_.rules.size();
    for (const Json& split : plain_) {
      if (!is_split(split, routes_)) continue;
      auto matches = narrowed_matches(split, route);
      if (!matches) return note(route, matches.error().message);
      if (matches->empty()) continue;
      Json& rule = made_.rules.emplace_back(split);
      rule["name"] = free_rule_name(route.name, taken_);
      rule["matches"] = *std::move(matches);
      add_mirror(rule, *find_backend(split, routes_.canary().service), route.percentage);
    }
    if (made_.rules.size() == before) note(route, "no rule that splits has such requests");
  }

  void note(const crds::MirrorRoute& route, const std::string& message) {
    if (!made_.fault)
      made_.fault = invalid(fmt::format("mirror route {}: {}", route.name, message));
  }

  const Json& plain_;
  const Routes& routes_;
  std::set<std::string> taken_;
  ManagedRules made_;
};

/// The managed rules stand among `rules`, in their order and before every split rule. What others
/// have put between or before them matters to nobody. A share that the cluster drops is not written
/// again and again.
bool are_in_place(const Json& rules, const Routes& routes, const Json& wanted) {
  Json own = Json::array();
  bool after_split = false;
  for (const Json& rule : rules) {
    if (former_owner(rule, routes) != nullptr) return false;
    const bool managed = managed_route_of(rule, routes) != nullptr;
    if (managed && after_split) return false;
    if (managed) own.push_back(rule);
    after_split = after_split || (!managed && is_split(rule, routes));
  }
  return own == wanted || own == without_shares(wanted);
}

/// The plain rules where they stood, and the managed ones between them.
Json merge_in_place(const Json& rules, const Routes& routes, Json plain) {
  Json out = Json::array();
  auto next = plain.begin();
  for (const Json& rule : rules)
    out.push_back(managed_route_of(rule, routes) != nullptr ? rule : std::move(*next++));
  return out;
}

/// Whether one of the managed rules is there already but for its name: the cluster has a version of
/// HTTPRoute that drops names of rules, and each write would add one more.
bool are_nameless(const Json& rules, const Json& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&rules](Json managed) {
    managed.erase("name");
    return std::find(rules.begin(), rules.end(), managed) != rules.end();
  });
}

/// What is amiss with rules that are in place as far as the cluster lets them.
std::optional<Error> lost_share(const Json& rules, const Routes& routes) {
  const std::set<std::string> whole = whole_mirrors_of(rules, routes);
  for (const crds::MirrorRoute& route : routes.mirror_routes) {
    if (route.percentage == kAllRequests || !whole.contains(route.name)) continue;
    return invalid(
        fmt::format("mirror route {}: every request is mirrored, not {}%: the cluster's HTTPRoute "
                    "drops filters[].requestMirror.percent, which is of Gateway API 1.3",
                    route.name, route.percentage));
  }
  return std::nullopt;
}

}  // namespace

Result<EditedRules> edit_rules(const Json& rules, const Routes& routes, bool with_managed) {
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
  ManagedRules wanted;
  try {
    if (with_managed) wanted = ManagedRuleMaker(plain, routes).make();
  } catch (const Json::exception&) {
    return fail(invalid("matches: are not understood, so that no managed route can be added"));
  }
  if (are_in_place(rules, routes, wanted.rules)) {
    if (!wanted.fault) wanted.fault = lost_share(rules, routes);
    return EditedRules{merge_in_place(rules, routes, std::move(plain)), wanted.fault};
  }
  if (are_nameless(plain, wanted.rules)) {
    return fail(
        invalid("a managed route stands there without its name, by which it could be taken away "
                "again: the cluster's HTTPRoute must keep the names of rules, and the rule be "
                "removed by hand"));
  }
  for (Json& rule : plain) wanted.rules.push_back(std::move(rule));
  return EditedRules{std::move(wanted.rules), std::move(wanted.fault)};
}

std::optional<int64_t> canary_weight_of(const Json& rules, const Routes& routes) {
  std::optional<int64_t> seen;
  for (const Json& rule : rules) {
    if (!is_split(rule, routes)) continue;
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

std::set<std::string> managed_routes_of(const Json& rules, const Routes& routes) {
  std::set<std::string> names;
  for (const Json& rule : rules)
    if (const std::string* name = managed_route_of(rule, routes)) names.insert(*name);
  return names;
}

std::set<std::string> whole_mirrors_of(const Json& rules, const Routes& routes) {
  std::set<std::string> names;
  for (const Json& rule : rules) {
    const std::string* name = managed_route_of(rule, routes);
    const Json* mirror = find_mirror(rule, routes.canary().service);
    if (name == nullptr || mirror == nullptr) continue;
    if (find_path(*mirror, "requestMirror.percent") == nullptr) names.insert(*name);
  }
  return names;
}

}  // namespace sluice::traffic
