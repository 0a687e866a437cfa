#include "engine/facts.h"

#include "crds/names.h"
#include "engine/identity/pod_hash.h"
#include "engine/identity/template_equality.h"

#include <algorithm>
#include <tuple>

namespace sluice::engine {
namespace {

std::vector<const ReplicaSet*> living_oldest_first(const Snapshot& snapshot) {
  std::vector<const ReplicaSet*> living;
  for (const ReplicaSet& replica_set : snapshot.replica_sets)
    if (!replica_set.deleting) living.push_back(&replica_set);
  std::sort(living.begin(), living.end(), [](const ReplicaSet* left, const ReplicaSet* right) {
    return std::tie(left->created_at, left->name) < std::tie(right->created_at, right->name);
  });
  return living;
}

using ReplicaSets = std::vector<const ReplicaSet*>;

const ReplicaSet* with_label(const ReplicaSets& living, const std::optional<std::string>& hash) {
  const auto found = std::find_if(living.begin(), living.end(), [&](const ReplicaSet* rs) {
    return hash && rs->hash() == *hash;
  });
  return found == living.end() ? nullptr : *found;
}

/// By label in either form of the hash, then by meaning: no new revision out of a different writer
/// or an older version.
const ReplicaSet* find_current(const ReplicaSets& living, const JsonText& pod_template,
                               const std::string& hash, std::optional<int32_t> collisions) {
  if (const ReplicaSet* same = with_label(living, hash)) return same;
  const auto older_form =
      pod_template_hash(pod_template, collisions, HashForm::WithCreationTimestamp);
  if (const ReplicaSet* same = with_label(living, older_form)) return same;
  const std::string wanted = normalised_template(pod_template);
  const auto found = std::find_if(living.begin(), living.end(), [&](const ReplicaSet* rs) {
    return !rs->hash().empty() && normalised_template(rs->pod_template) == wanted;
  });
  return found == living.end() ? nullptr : *found;
}

std::string name_of(const Snapshot& snapshot, const std::string& hash) {
  return snapshot.rollout.meta.name + "-" + hash;
}

/// A ReplicaSet of that name that is not ours forces another hash.
void identify_current(Facts& facts, const ReplicaSets& living) {
  const Snapshot& snapshot = *facts.snapshot;
  const JsonText& pod_template = facts.rollout().spec.pod_template;
  facts.collision_count = facts.before().collision_count;
  facts.hash = pod_template_hash(pod_template, facts.collision_count).value_or("");
  facts.fresh = find_current(living, pod_template, facts.hash, facts.collision_count);
  if (facts.fresh != nullptr) {
    facts.hash = facts.fresh->hash();
    return;
  }
  while (snapshot.names_taken.contains(name_of(snapshot, facts.hash))) {
    facts.collision_count = facts.collision_count.value_or(0) + 1;
    facts.hash = pod_template_hash(pod_template, facts.collision_count).value_or("");
  }
  facts.name_blocked = std::any_of(snapshot.replica_sets.begin(), snapshot.replica_sets.end(),
                                   [&](const ReplicaSet& rs) {
                                     return rs.deleting && rs.name == name_of(snapshot, facts.hash);
                                   });
}

/// The revision with pods that was promoted last, as the ReplicaSets remember it.
const ReplicaSet* promoted_last(const ReplicaSets& living) {
  const ReplicaSet* last = nullptr;
  const auto since = [](const ReplicaSet* rs) {
    return rs->annotation(crds::kPromotedAtAnnotation);
  };
  for (const ReplicaSet* replica_set : living) {
    if (since(replica_set).empty() || replica_set->spec_replicas == 0) continue;
    if (last == nullptr || since(last) < since(replica_set)) last = replica_set;
  }
  return last;
}

/// status.stableRS; where the status was lost, the revision that our stable Service serves, or else
/// the one that was promoted last.
std::string find_stable_hash(const Facts& facts, const ReplicaSets& living) {
  if (!facts.before().stable_rs.empty()) return facts.before().stable_rs;
  const Service& service = facts.stable_service();
  const bool ours = service.exists && service.managed_by == facts.rollout().meta.name;
  const ReplicaSet* served = ours ? with_label(living, service.selector_hash) : nullptr;
  // A first revision is served before it is promoted: with a status that knows it, that is no loss.
  const bool first = served == facts.fresh && !facts.before().current_pod_hash.empty();
  if (serving(served) > 0 && !first) return served->hash();
  const ReplicaSet* promoted = promoted_last(living);
  return promoted == nullptr ? "" : promoted->hash();
}

int64_t number_revision(const Facts& facts) {
  int64_t newest_other = 0;
  for (const ReplicaSet& replica_set : facts.snapshot->replica_sets)
    if (&replica_set != facts.fresh) newest_other = std::max(newest_other, replica_set.revision());
  const int64_t own = facts.fresh != nullptr ? facts.fresh->revision() : 0;
  return own > newest_other ? own : newest_other + 1;
}

/// spec.replicas when it was last trusted, as the ReplicaSets remember it.
int64_t replicas_before(const Facts& facts) {
  for (const ReplicaSet* replica_set : {facts.stable, facts.fresh}) {
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
  TrafficNow now{.routed = facts.canary->traffic_routing.has_value()};
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

const Service& Facts::service(const std::string& name) const {
  static const Service missing;
  const auto found = snapshot->services.find(name);
  return found == snapshot->services.end() ? missing : found->second;
}

bool Facts::lacks(const std::string& name) const {
  return !name.empty() && !service(name).exists;
}

Facts read_facts(const Snapshot& snapshot, Current current) {
  Facts facts{.snapshot = &snapshot, .canary = snapshot.rollout.spec.canary()};
  const crds::RolloutSpec& spec = snapshot.rollout.spec;
  // A spec that is refused is looked at too, for the way back: no number of it may do harm.
  facts.replicas = std::max(spec.replicas.value_or(1), 0);
  if (const auto& routing = facts.canary->traffic_routing) facts.total = crds::total_of(*routing);
  const ReplicaSets living = living_oldest_first(snapshot);
  if (current == Current::FromSpec) {
    identify_current(facts, living);
    facts.step_hash = steps_hash(spec);
  } else {
    facts.collision_count = facts.before().collision_count;
    facts.hash = facts.before().current_pod_hash;
    facts.step_hash = facts.before().current_step_hash;
    facts.fresh = with_label(living, facts.hash);
  }
  facts.stable_hash = find_stable_hash(facts, living);
  facts.stable = facts.stable_hash.empty() ? nullptr : with_label(living, facts.stable_hash);
  if (current == Current::FromStatus) facts.replicas = replicas_before(facts);
  for (const ReplicaSet* replica_set : living)
    if (replica_set != facts.fresh && replica_set != facts.stable)
      facts.others.push_back(replica_set);
  facts.template_changed = facts.hash != facts.before().current_pod_hash;
  facts.steps_changed = facts.step_hash != facts.before().current_step_hash;
  facts.revision = number_revision(facts);
  facts.traffic = read_traffic(facts);
  return facts;
}

int64_t serving(const ReplicaSet* replica_set) {
  if (replica_set == nullptr) return 0;
  return std::min(replica_set->available_replicas, replica_set->spec_replicas);
}

int64_t spec_replicas(const ReplicaSet* replica_set) {
  return replica_set == nullptr ? 0 : replica_set->spec_replicas;
}

}  // namespace sluice::engine
