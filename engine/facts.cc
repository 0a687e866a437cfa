#include "engine/facts.h"

#include "crds/routes.h"

#include <algorithm>
#include <utility>

namespace sluice::engine {
namespace {

/// spec.replicas when it was last trusted, as the ReplicaSets remember it.
int64_t replicas_before(const Facts& facts) {
  for (const ReplicaSet* replica_set : {facts.stable, facts.current}) {
    if (replica_set == nullptr) continue;
    if (const auto desired = replica_set->desired_replicas()) return std::max<int64_t>(*desired, 0);
  }
  return facts.replicas;
}

bool is_unconfirmed(const RouterObservation& router) {
  return router.state == RouterState::Pending || router.state == RouterState::Error;
}

void read_former(const Facts& facts, TrafficNow& now) {
  if (crds::former_routings(facts.rollout()).empty()) return;
  const Snapshot& snapshot = *facts.snapshot;
  for (const auto* routers : {&snapshot.routers, &snapshot.former_routers}) {
    for (const RouterObservation& router : *routers) {
      now.former = std::max(now.former, router.former_weight);
      now.former_pending = now.former_pending || is_unconfirmed(router);
    }
  }
}

TrafficNow read_traffic(const Facts& facts) {
  TrafficNow now{.routed = facts.conduct.routing != nullptr};
  read_former(facts, now);
  if (!now.routed) return now;
  const auto& routers = facts.snapshot->routers;
  if (routers.empty()) {
    now.most = facts.total;
    now.pending = true;
    return now;
  }
  now.least = facts.total;
  now.known = true;
  for (const RouterObservation& router : routers) {
    now.most = std::max(now.most, router.canary_weight.value_or(facts.total));
    now.least = std::min(now.least, router.canary_weight.value_or(0));
    now.known = now.known && router.canary_weight;
    now.pending = now.pending || !router.canary_weight || is_unconfirmed(router);
  }
  return now;
}

}  // namespace

const ReplicaSet* Facts::find(const std::string& with_hash) const {
  for (const ReplicaSet& replica_set : snapshot->replica_sets)
    if (!replica_set.deleting && replica_set.hash() == with_hash) return &replica_set;
  return nullptr;
}

bool Facts::serves(const std::string& hash) const {
  return serving_service().selector_hash == hash ||
         service(conduct.serving_twin).selector_hash == hash;
}

bool Facts::tries(const std::string& hash) const {
  return trying_service().selector_hash == hash ||
         service(conduct.trying_twin).selector_hash == hash;
}

bool Facts::lacks(const std::string& name) const {
  return !name.empty() && !service(name).exists;
}

Facts read_facts(const Snapshot& snapshot, Current current) {
  const crds::RolloutSpec& spec = snapshot.rollout.spec;
  // A spec that is refused is looked at too, for the way back: no number of it may do harm.
  const int64_t replicas = std::max(spec.replicas.value_or(1), 0);
  Conduct conduct = conduct_of(spec.strategy, replicas);
  Facts facts{read_revisions(snapshot, current, conduct.serving_service), &snapshot,
              std::move(conduct), replicas};
  if (facts.conduct.routing != nullptr) facts.total = crds::total_of(*facts.conduct.routing);
  if (current == Current::FromStatus) {
    facts.replicas = replicas_before(facts);
    facts.conduct = conduct_of(spec.strategy, facts.replicas);
  }
  facts.traffic = read_traffic(facts);
  return facts;
}

}  // namespace sluice::engine
