#include "engine/revisions.h"

#include "base/whole_number.h"
#include "crds/names.h"
#include "engine/identity/pod_hash.h"
#include "engine/identity/template_equality.h"

#include <algorithm>
#include <array>
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

constexpr std::array kHashForms{HashForm::Current, HashForm::WithCreationTimestamp};

const ReplicaSet* with_label(const ReplicaSets& living, const std::optional<std::string>& hash) {
  const auto found = std::find_if(living.begin(), living.end(), [&](const ReplicaSet* rs) {
    return hash && rs->hash() == *hash;
  });
  return found == living.end() ? nullptr : *found;
}

/// The ReplicaSet whose template has this digest.
const ReplicaSet* with_meaning(const ReplicaSets& living, const std::string& digest) {
  const auto found = std::find_if(living.begin(), living.end(), [&](const ReplicaSet* rs) {
    return !rs->hash().empty() && rs->template_digest == digest;
  });
  return found == living.end() ? nullptr : *found;
}

/// By label in either form of the hash, then by meaning: no new revision out of a different writer
/// or an older version.
const ReplicaSet* find_current(const ReplicaSets& living, const JsonText& pod_template,
                               const TemplateSums& sums, std::optional<int32_t> collisions) {
  for (const HashForm form : kHashForms)
    if (const ReplicaSet* same = with_label(living, hash_label(sums, collisions, form)))
      return same;
  return with_meaning(living, digest_of(normalised_template(pod_template)));
}

/// The template is another one than that of the status, and others are there that the API server
/// may have made of the same, as it fills in more than Sluice knows of.
bool may_be_known(const Revisions& found, const Snapshot& snapshot, const ReplicaSets& living) {
  const crds::RolloutStatus& before = snapshot.rollout.status;
  return found.hash != before.current_pod_hash && found.hash != before.stable_rs &&
         std::ranges::any_of(living, [](const ReplicaSet* rs) {
           return !rs->hash().empty() && rs->annotation(kAsWrittenAnnotation).empty();
         });
}

/// The hash is that of the template without what a server fills in, which is what its author wrote,
/// as a rule: `undo` writes one with all defaults, and the ReplicaSet to compare may be gone.
bool is_plain_hash(const std::string& hash, const JsonText& pod_template,
                   std::optional<int32_t> collisions) {
  const auto plain = template_sums(make_json_text(normalised_template(pod_template)));
  return plain && std::ranges::any_of(kHashForms, [&](HashForm form) {
           return hash_label(*plain, collisions, form) == hash;
         });
}

TemplateSums sums_of(const Snapshot& snapshot) {
  if (snapshot.template_sums) return *snapshot.template_sums;
  return template_sums(snapshot.rollout.spec.pod_template).value_or(TemplateSums{});
}

std::string name_of(const Snapshot& snapshot, const std::string& hash) {
  return snapshot.rollout.meta.name + "-" + hash;
}

/// A ReplicaSet of that name that is not ours forces another hash.
void identify_current(Revisions& found, const Snapshot& snapshot, const ReplicaSets& living) {
  const JsonText& pod_template = snapshot.rollout.spec.pod_template;
  found.collision_count = snapshot.rollout.status.collision_count;
  const TemplateSums sums = sums_of(snapshot);
  found.hash = hash_label(sums, found.collision_count);
  found.current = find_current(living, pod_template, sums, found.collision_count);
  if (found.current != nullptr) {
    found.hash = found.current->hash();
    return;
  }
  const std::string& stable = snapshot.rollout.status.stable_rs;
  const bool is_lost = !stable.empty() && with_label(living, stable) == nullptr;
  if (is_lost && is_plain_hash(stable, pod_template, found.collision_count)) found.hash = stable;
  found.needs_trial = may_be_known(found, snapshot, living);
  if (found.needs_trial && snapshot.trial.state == TemplateTrial::State::Answered) {
    found.current = with_meaning(living, snapshot.trial.template_digest);
    if (found.current != nullptr) {
      found.hash = found.current->hash();
      return;
    }
  }
  while (snapshot.names_taken.contains(name_of(snapshot, found.hash))) {
    found.collision_count = found.collision_count.value_or(0) + 1;
    found.hash = hash_label(sums, found.collision_count);
  }
  found.name_blocked = std::any_of(snapshot.replica_sets.begin(), snapshot.replica_sets.end(),
                                   [&](const ReplicaSet& rs) {
                                     return rs.deleting && rs.name == name_of(snapshot, found.hash);
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

/// The revision that our Service leads users to. One whose pods are all dead is the stable one all
/// the same, unless it is the current one, which may have come no further than that.
const ReplicaSet* served(const Snapshot& snapshot, const ReplicaSet* current,
                         const std::string& serving_service, const ReplicaSets& living) {
  const Service& service = snapshot.service(serving_service);
  const bool ours = service.exists && service.managed_by == snapshot.rollout.meta.name;
  const ReplicaSet* behind = ours ? with_label(living, service.selector_hash) : nullptr;
  if (behind != current) return behind;
  // A first revision is served before it is promoted: with a status that knows it, that is no loss.
  const bool first = !snapshot.rollout.status.current_pod_hash.empty();
  return serving(behind) > 0 && !first ? behind : nullptr;
}

/// Of several revisions that work beside the current one, the one with the most pods; the newer of
/// two. One that only waits for its end does not count.
const ReplicaSet* at_work(const ReplicaSets& living, const ReplicaSet* current) {
  const auto rank = [](const ReplicaSet* rs) {
    return std::tuple(serving(rs), rs->spec_replicas, rs->revision());
  };
  const ReplicaSet* most = nullptr;
  for (const ReplicaSet* replica_set : living) {
    const bool ends = !replica_set->annotation(crds::kScaleDownDeadlineAnnotation).empty();
    if (replica_set == current || replica_set->spec_replicas == 0 || ends) continue;
    if (most == nullptr || rank(most) < rank(replica_set)) most = replica_set;
  }
  return most;
}

/// Whoever has the lost revision's users already, or had all of them once and has pods still, is
/// the stable revision from now on; else the one that was tried until another template came. One
/// that is tried now is not.
void replace_stable(Revisions& found, const Snapshot& snapshot, const std::string& serving_service,
                    const ReplicaSets& living) {
  const auto take = [&](const ReplicaSet* other, std::string_view evidence) {
    if (!found.stable_lost || other == found.current || serving(other) == 0) return;
    found.stable = other;
    found.stable_hash = other->hash();
    found.stable_evidence = evidence;
    found.stable_lost = false;
  };
  take(served(snapshot, found.current, serving_service, living), "its Service selects it");
  take(promoted_last(living), "it was promoted last");
  take(with_label(living, snapshot.rollout.status.current_pod_hash), "no other one has pods");
}

/// status.stableRS; where the status was lost, what the Services, the promotions and the pods tell.
void identify_stable(Revisions& found, const Snapshot& snapshot, const std::string& serving_service,
                     const ReplicaSets& living) {
  const crds::RolloutStatus& before = snapshot.rollout.status;
  const auto take = [&](const ReplicaSet* stable, std::string_view evidence) {
    if (stable == nullptr || !found.stable_hash.empty()) return;
    found.stable_hash = stable->hash();
    found.stable_evidence = evidence;
  };
  found.stable_hash = before.stable_rs;
  take(served(snapshot, found.current, serving_service, living), "its Service selects it");
  take(promoted_last(living), "it was promoted last");
  // A status that knows the current revision and no stable one is that of a first deployment.
  if (before.current_pod_hash.empty())
    take(at_work(living, found.current), "it has pods at work and is not the one in the spec");
  found.stable = found.stable_hash.empty() ? nullptr : with_label(living, found.stable_hash);
  const bool underway =
      !before.current_pod_hash.empty() && before.current_pod_hash != found.stable_hash;
  found.stable_lost = found.stable == nullptr && !found.stable_hash.empty() && underway &&
                      found.hash != found.stable_hash && !living.empty();
  if (found.stable_lost) replace_stable(found, snapshot, serving_service, living);
}

/// The greatest number that the Rollout says it has come to; what no controller can have written
/// says nothing.
int64_t last_number(const crds::Rollout& rollout) {
  constexpr int64_t kMost = int64_t{1} << 40;
  const int64_t said =
      whole_number<int64_t>(rollout.meta.annotation(crds::kRevisionAnnotation)).value_or(0);
  return said < kMost ? std::max<int64_t>(said, 0) : 0;
}

/// Runs are known by the number, so that none is given twice, whichever ReplicaSets are deleted;
/// and one that is made again keeps its own.
int64_t number_revision(const Snapshot& snapshot, const Revisions& found) {
  int64_t newest_other = 0;
  for (const ReplicaSet& replica_set : snapshot.replica_sets)
    if (&replica_set != found.current)
      newest_other = std::max(newest_other, replica_set.revision());
  const int64_t own = found.current != nullptr ? found.current->revision() : 0;
  const int64_t last = last_number(snapshot.rollout);
  const bool released = found.template_changed && !snapshot.rollout.status.current_pod_hash.empty();
  if (released) return own > newest_other && own >= last ? own : std::max(newest_other, last) + 1;
  const int64_t kept = own > 0 ? own : last;
  return kept > newest_other ? kept : newest_other + 1;
}

}  // namespace

Revisions read_revisions(const Snapshot& snapshot, Current current,
                         const std::string& serving_service) {
  Revisions found;
  const crds::RolloutStatus& before = snapshot.rollout.status;
  const ReplicaSets living = living_oldest_first(snapshot);
  if (current == Current::FromSpec) {
    identify_current(found, snapshot, living);
    found.step_hash = steps_hash(snapshot.rollout.spec);
  } else {
    found.collision_count = before.collision_count;
    found.hash = before.current_pod_hash;
    found.step_hash = before.current_step_hash;
    found.current = with_label(living, found.hash);
    found.can_be_made = false;
  }
  identify_stable(found, snapshot, serving_service, living);
  for (const ReplicaSet* replica_set : living)
    if (replica_set != found.current && replica_set != found.stable)
      found.others.push_back(replica_set);
  found.template_changed = found.hash != before.current_pod_hash;
  found.steps_changed = found.step_hash != before.current_step_hash;
  found.revision = number_revision(snapshot, found);
  return found;
}

int64_t serving(const ReplicaSet* replica_set) {
  if (replica_set == nullptr) return 0;
  return std::min(replica_set->available_replicas, replica_set->spec_replicas);
}

int64_t spec_replicas(const ReplicaSet* replica_set) {
  return replica_set == nullptr ? 0 : replica_set->spec_replicas;
}

}  // namespace sluice::engine
