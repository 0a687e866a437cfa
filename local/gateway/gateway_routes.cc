#include "local/gateway/gateway_routes.h"

#include "base/digest.h"
#include "local/gateway/gateway_split.h"
#include "local/gateway/haproxy_pattern.h"
#include "local/gateway/ingress_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace sluice::local {
namespace {

/// So many digits of its digest name the set of requests that a rule stands for.
constexpr size_t kRuleDigits = 16;

/// A match and where it stands in the order of precedence that the Gateway API lays down; the one
/// for Ingresses agrees with it.
struct Candidate {
  PlannedMatch planned;
  bool decided = true;           ///< Not only for what nothing else is for.
  std::tuple<int, size_t> host;  ///< Names before wildcards before any; longer first.
  std::tuple<int, size_t> path;  ///< Exact, then prefixes by length, then expressions.
  bool method = false;
  size_t headers = 0;
  int priority = 0;
  SystemTime created{};
  RouteId route;

  bool precedes(const Candidate& other) const {
    const auto rank = [](const Candidate& c) {
      return std::tuple(c.decided, c.host, c.path, c.method, c.headers, c.priority);
    };
    if (rank(*this) != rank(other)) return rank(*this) > rank(other);
    return std::tie(created, route.key, route.kind) <
           std::tie(other.created, other.route.key, other.route.kind);
  }
};

std::tuple<int, size_t> host_rank(const GatewayHost& host) {
  if (host.name.empty()) return {0, 0};
  return {host.name.starts_with("*.") ? 1 : 2, host.name.size()};
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
    for (const GatewayRoute& route : ingress_routes(objects_.ingresses)) add_route(route);
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
        .route = route.id,
        .uid = route.uid,
        .generation = route.generation,
        .served = route.served && !(route.rules.empty() && route.lends.empty()),
        .parents = route.parents,
        .accepted = route.accepted,
        .resolved_refs = {true, "ResolvedRefs", ""},
    };
    if (route.served) {
      for (const GatewayRule& rule : route.rules) add_rule(route, rule, verdict);
      for (const GatewayBackend& backend : route.lends)
        note_unresolved(verdict, check_backend(backend, route.id.key.namespace_, objects_));
    }
    plan_.verdicts.push_back(std::move(verdict));
  }

  void add_rule(const GatewayRoute& route, const GatewayRule& rule, RouteVerdict& verdict) {
    for (const std::string& field : rule.ignored)
      if (verdict.accepted.message.empty())
        verdict.accepted.message = field + " has no effect in the local gateway";
    for (const std::string& field : rule.untestable)
      refuse(verdict, field + " is not supported by the local gateway");
    for (const std::string& field : rule.unmirrored)
      refuse(verdict, field + " is not supported by the local gateway, which copies no requests");
    std::vector<Candidate> candidates = match_rule(route, rule, verdict);
    if (candidates.empty()) return;
    const std::string id = name_rule(route, candidates);
    // The second of two rules for the same requests can never be reached.
    if (!rule_ids_.insert(id).second) return;
    for (Candidate& candidate : candidates) {
      candidate.planned.rule = id;
      candidates_.push_back(std::move(candidate));
    }
    plan_.rules.push_back({.id = id, .route = route.id, .arms = divide(route, rule, verdict)});
  }

  std::vector<GatewayArm> divide(const GatewayRoute& route, const GatewayRule& rule,
                                 RouteVerdict& verdict) {
    RuleSplit split = split_rule(rule, route.id.key.namespace_, objects_, pools_);
    note_unresolved(verdict, split.unresolved);
    if (rule.unsupported.empty()) return split.arms;
    refuse(verdict, rule.unsupported.front() + " is not supported by the local gateway");
    return single_arm(ArmTarget::Broken);
  }

  /// The rule's matches for each host, without names yet. A match that cannot be written is left
  /// out, and the verdict says so.
  static std::vector<Candidate> match_rule(const GatewayRoute& route, const GatewayRule& rule,
                                           RouteVerdict& verdict) {
    std::vector<Candidate> result;
    for (const GatewayHost& host : rule.hosts) {
      for (const GatewayMatch& match : rule.matches) {
        Result<std::string> pattern = haproxy_pattern(host, match);
        if (!pattern) {
          refuse(verdict, pattern.error().message);
          continue;
        }
        result.push_back({.planned = {.pattern = std::move(*pattern), .rule = ""},
                          .decided = !rule.fallback,
                          .host = host_rank(host),
                          .path = path_rank(match),
                          .method = !match.method.empty(),
                          .headers = match.headers.size(),
                          .priority = match.priority,
                          .created = route.created,
                          .route = route.id});
      }
    }
    return result;
  }

  static std::string name_rule(const GatewayRoute& route,
                               const std::vector<Candidate>& candidates) {
    // Objects of two kinds may have one name, and one match may be there also as a fallback.
    std::string text;
    if (route.id.kind == RouteKind::Ingress) text += "Ingress\n";
    for (const Candidate& candidate : candidates) {
      if (!candidate.decided) text += "fallback\n";
      text += candidate.planned.pattern + "\n";
    }
    return fmt::format("{}/{}", route.id.key.to_string(),
                       to_hex(sha256(text)).substr(0, kRuleDigits));
  }

  static void note_unresolved(RouteVerdict& verdict, const RouteCondition& problem) {
    if (!problem.reason.empty() && verdict.resolved_refs.status) verdict.resolved_refs = problem;
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
