#include "engine/blue_green/switch.h"

#include "engine/blue_green/strategy.h"

#include <algorithm>

namespace sluice::engine::blue_green {
int64_t wanted_pods(const Draft& draft) {
  const Facts& facts = draft.facts;
  const bool looked_at = is_underway(draft.course()) && !is_passed(draft);
  if (!looked_at || draft.status.promote_full || facts.replicas == 0) return facts.replicas;
  const int64_t preview = strategy(facts).preview_replica_count.value_or(facts.replicas);
  const bool has_users = facts.stable_lost || is_served(facts);
  return has_users ? std::max(preview, facts.replicas) : preview;
}

bool has_wanted_pods(const Draft& draft) {
  const Facts& facts = draft.facts;
  const int64_t wanted = wanted_pods(draft);
  return spec_replicas(facts.current) >= wanted && serving(facts.current) >= wanted &&
         facts.current != nullptr;
}

bool is_passed(const Draft& draft) {
  return draft.status.blue_green.scale_up_preview_check_point;
}

bool is_served(const Facts& facts) {
  return facts.current != nullptr && facts.serving_service().selector_hash == facts.hash;
}

bool is_switched(const Draft& draft) {
  return is_passed(draft) && is_served(draft.facts);
}

// Whoever has the users keeps them while a person holds the update; and a current revision whose
// last pod is gone gives them back, as the stable one stands by with all its pods.
const ReplicaSet* active_revision(const Draft& draft) {
  const Facts& facts = draft.facts;
  if (is_alone(draft.course())) return facts.current;
  if (draft.course() == Course::Aborted) return draft.home();
  if (is_switched(draft)) {
    const bool is_dead = serving(facts.current) == 0 && serving(facts.stable) > 0;
    return is_dead ? facts.stable : facts.current;
  }
  const bool is_due = is_passed(draft) && has_wanted_pods(draft);
  return is_due && !draft.halted() ? facts.current : draft.home();
}

}  // namespace sluice::engine::blue_green
