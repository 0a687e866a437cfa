#include "engine/former_routing.h"

#include "engine/capacity.h"
#include "engine/plan.h"

#include <algorithm>

namespace sluice::engine {
namespace {

/// Former routings that are kept; the oldest are forgotten first.
constexpr size_t kRoutingsMax = 8;

bool is_named(const Facts& facts, const std::string& service) {
  const Conduct& conduct = facts.conduct;
  return service == conduct.serving_service || service == conduct.trying_service ||
         service == conduct.serving_twin || service == conduct.trying_twin;
}

bool bears_name(const Facts& facts, const std::string& service) {
  const Service& found = facts.service(service);
  return found.exists && found.managed_by == facts.rollout().meta.name;
}

bool is_left_behind(const Facts& facts, const std::string& service) {
  return !service.empty() && !is_named(facts, service) && bears_name(facts, service);
}

bool is_settled(const Facts& facts, const crds::Routing& routing) {
  const crds::Sides sides = crds::sides_of(routing);
  const std::string* const names[] = {&sides.stable, &sides.canary, &routing.stable_service,
                                      &routing.canary_service};
  return facts.traffic.former_returned() && std::ranges::none_of(names, [&](const auto* name) {
           return is_left_behind(facts, *name);
         });
}

}  // namespace

void restore_routing(Snapshot& snapshot) {
  const std::vector<crds::Routing>& known = snapshot.rollout.status.routings;
  const bool shares_traffic = !conduct_of(snapshot.rollout.spec.strategy, 0).all_at_once;
  if (known.empty() || !shares_traffic) return;
  crds::FieldProblems problems = problems_of(snapshot);
  if (problems.empty()) return;
  crds::RolloutSpec& spec = snapshot.rollout.spec;
  if (!spec.canary()) {
    snapshot.problems = std::move(problems);
    spec.strategy = crds::CanaryStrategy{};
  }
  crds::CanaryStrategy& canary = *spec.canary();
  canary.stable_service = known.front().stable_service;
  canary.canary_service = known.front().canary_service;
  canary.traffic_routing = known.front().traffic;
}

std::vector<crds::FormerPair> former_pairs(const Facts& facts) {
  std::vector<crds::FormerPair> pairs;
  for (const crds::Routing& routing : crds::former_routings(facts.rollout())) {
    crds::FormerPair pair = crds::former_pair(routing);
    pair.most = std::min(pair.total, unbearable_weight(facts, pair));
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::vector<std::string> former_services(const Facts& facts) {
  std::vector<std::string> names;
  for (const auto& [name, service] : facts.snapshot->services)
    if (is_left_behind(facts, name)) names.push_back(name);
  return names;
}

bool has_former_traffic(const Facts& facts, const std::string& service) {
  if (facts.traffic.former_returned()) return false;
  return std::ranges::any_of(
      crds::former_routings(facts.rollout()),
      [&](const crds::Routing& routing) { return crds::sides_of(routing).canary == service; });
}

bool is_behind_former(const Facts& facts, const std::string& hash) {
  const std::string& canary = facts.conduct.trying_service;
  if (facts.trying_service().selector_hash == hash && has_former_traffic(facts, canary))
    return true;
  return std::ranges::any_of(former_services(facts), [&](const std::string& name) {
    return facts.service(name).selector_hash == hash;
  });
}

bool is_former_dark(const Facts& facts) {
  return facts.traffic.former > 0 &&
         std::ranges::any_of(crds::former_routings(facts.rollout()), [&](const auto& routing) {
           return is_dark(facts, facts.service(crds::sides_of(routing).canary));
         });
}

void note_former_weight(Draft& draft) {
  const TrafficNow& now = draft.facts.traffic;
  draft.status.former_weight.reset();
  if (!now.former_returned()) draft.status.former_weight = now.former;
}

void record_routings(Draft& draft) {
  const Facts& facts = draft.facts;
  std::vector<crds::Routing> kept;
  const crds::CanaryStrategy* canary = facts.rollout().spec.canary();
  if (canary != nullptr && canary->traffic_routing) kept.push_back(*crds::routing_of(*canary));
  for (const crds::Routing& routing : crds::former_routings(facts.rollout()))
    if (!is_settled(facts, routing) && kept.size() < kRoutingsMax) kept.push_back(routing);
  draft.status.routings = std::move(kept);
  note_former_weight(draft);
}

}  // namespace sluice::engine
