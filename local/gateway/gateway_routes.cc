#include "local/gateway/gateway_routes.h"

#include "local/gateway/gateway_split.h"
#include "local/gateway/haproxy_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace sluice::local {
namespace {

/// FNV-1a, 64 bit: a name for the set of requests a rule stands for.
uint64_t digest(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

/// A match and where it stands in the order of precedence that the Gateway API lays down.
struct Candidate {
  PlannedMatch planned;
  std::tuple<int, size_t> host;  ///< Names before wildcards before any; longer first.
  std::tuple<int, size_t> path;  ///< Exact, then prefixes by length, then expressions.
  bool method = false;
  size_t headers = 0;
  SystemTime created{};
  ObjectKey route;

  bool precedes(const Candidate& other) const {
    const auto rank = [](const Candidate& c) {
      return std::tuple(c.host, c.path, c.method, c.headers);
    };
    if (rank(*this) != rank(other)) return rank(*this) > rank(other);
    return std::tie(created, route) < std::tie(other.created, other.route);
  }
};

std::tuple<int, size_t> host_rank(const std::string& host) {
  if (host.empty()) return {0, 0};
  return {host.starts_with("*.") ? 1 : 2, host.size()};
}

std::tuple<int, size_t> path_rank(const GatewayMatch& match) {
  switch (match.path_type) {
    case PathMatchType::Exact:
      return {2, match.path.size()};
    case PathMatchType::PathPrefix:
      return {1, match.path.size()};
    case PathMatchType::RegularExpression:
      return {0, match.path.size()};
  }
  return {0, 0};
}

/// Collects the plan route by route.
class Planner {
 public:
  explicit Planner(const GatewayObjects& objects) : objects_(objects), pools_(objects) {}

  GatewayPlan plan() {
    for (const auto& [key, route] : objects_.routes) add_route(route);
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.precedes(b); });
    for (Candidate& candidate : candidates_) plan_.matches.push_back(std::move(candidate.planned));
    std::sort(plan_.rules.begin(), plan_.rules.end(),
              [](const PlannedRule& a, const PlannedRule& b) { return a.id < b.id; });
    plan_.pools = pools_.all();
    return std::move(plan_);
  }

 private:
  void add_route(const GatewayRoute& route) {
    RouteVerdict verdict{
        .route = route.key,
        .uid = route.uid,
        .generation = route.generation,
        .parents = {},
        .accepted = {true, "Accepted", ""},
        .resolved_refs = {true, "ResolvedRefs", ""},
    };
    for (const GatewayParent& parent : route.parents)
      if (parent.group == kGatewayGroup && parent.kind == "Gateway")
        verdict.parents.push_back(parent);
    if (!verdict.parents.empty())
      for (const GatewayRule& rule : route.rules) add_rule(route, rule, verdict);
    plan_.verdicts.push_back(std::move(verdict));
  }

  void add_rule(const GatewayRoute& route, const GatewayRule& rule, RouteVerdict& verdict) {
    for (const std::string& field : rule.ignored)
      if (verdict.accepted.message.empty())
        verdict.accepted.message = field + " has no effect in the local gateway";
    for (const std::string& field : rule.untestable)
      refuse(verdict, field + " is not supported by the local gateway");
    std::vector<Candidate> candidates = match_rule(route, rule, verdict);
    if (candidates.empty()) return;
    const std::string id = name_rule(route, candidates);
    // The second of two rules for the same requests can never be reached.
    if (!rule_ids_.insert(id).second) return;
    for (Candidate& candidate : candidates) {
      candidate.planned.rule = id;
      candidates_.push_back(std::move(candidate));
    }
    plan_.rules.push_back({.id = id, .route = route.key, .arms = divide(route, rule, verdict)});
  }

  std::vector<GatewayArm> divide(const GatewayRoute& route, const GatewayRule& rule,
                                 RouteVerdict& verdict) {
    RuleSplit split = split_rule(rule, route.key.namespace_, objects_, pools_);
    if (!split.unresolved.reason.empty() && verdict.resolved_refs.status)
      verdict.resolved_refs = split.unresolved;
    if (rule.unsupported.empty()) return split.arms;
    refuse(verdict, rule.unsupported.front() + " is not supported by the local gateway");
    return single_arm(ArmTarget::Broken);
  }

  /// The rule's matches for each host, without names yet. A match that cannot be written is left
  /// out, and the verdict says so.
  static std::vector<Candidate> match_rule(const GatewayRoute& route, const GatewayRule& rule,
                                           RouteVerdict& verdict) {
    static const std::vector<std::string> any_host = {""};
    std::vector<Candidate> result;
    for (const std::string& host : route.hostnames.empty() ? any_host : route.hostnames) {
      for (const GatewayMatch& match : rule.matches) {
        Result<std::string> pattern = haproxy_pattern(host, match);
        if (!pattern) {
          refuse(verdict, pattern.error().message);
          continue;
        }
        result.push_back({.planned = {.pattern = std::move(*pattern), .rule = ""},
                          .host = host_rank(host),
                          .path = path_rank(match),
                          .method = !match.method.empty(),
                          .headers = match.headers.size(),
                          .created = route.created,
                          .route = route.key});
      }
    }
    return result;
  }

  static std::string name_rule(const GatewayRoute& route,
                               const std::vector<Candidate>& candidates) {
    std::string text;
    for (const Candidate& candidate : candidates) text += candidate.planned.pattern + "\n";
    return fmt::format("{}/{:016x}", route.key.to_string(), digest(text));
  }

  static void refuse(RouteVerdict& verdict, const std::string& message) {
    if (verdict.accepted.status) verdict.accepted = {false, "UnsupportedValue", message};
  }

  const GatewayObjects& objects_;
  GatewayPools pools_;
  GatewayPlan plan_;
  std::vector<Candidate> candidates_;
  std::set<std::string> rule_ids_;
};

}  // namespace

GatewayPlan plan_gateway(const GatewayObjects& objects) {
  return Planner(objects).plan();
}

}  // namespace sluice::local
