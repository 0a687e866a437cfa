#include "engine/services_plan.h"

#include "crds/routes.h"
#include "engine/capacity.h"
#include "engine/former_routing.h"
#include "engine/reasons.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine {
namespace {

bool is_adopted(const Facts& facts, const Service& service) {
  return service.managed_by == facts.rollout().meta.name && !service.selector_hash.empty();
}

/// The first time a Service is narrowed to a revision, pods of whatever ran before may stand behind
/// it: the revision must be able to take over all of it.
bool can_take_over(const Facts& facts, const Service& service, const ReplicaSet* target) {
  if (target == nullptr) return false;
  if (facts.replicas == 0 && spec_replicas(target) == 0) return true;
  if (serving(target) == 0) return false;
  return is_adopted(facts, service) || serving(target) >= spec_replicas(target);
}

void point(Draft& draft, const std::string& name, const Service& service, const std::string& hash) {
  draft.act(PointService{name, hash});
  if (service.selector_hash == hash) return;
  draft.effect(kSwitchService,
               fmt::format("Switched selector for {} '{}' from '{}' to '{}'", crds::side_kind(name),
                           name, service.selector_hash, hash),
               {{"service", name}, {"from", service.selector_hash}, {"to", hash}});
}

/// Without the hash in its selector a Service reaches the pods of every revision.
bool is_of_one_revision(const Draft& draft) {
  return is_alone(draft.course()) &&
         std::ranges::all_of(draft.old_sets(), [](const ReplicaSet* old) {
           return old->spec_replicas == 0 && old->replicas == 0;
         });
}

}  // namespace

void plan_service(Draft& draft, const std::string& name, const ReplicaSet* target, Move move) {
  const Facts& facts = draft.facts;
  const Service& service = facts.service(name);
  if (name.empty() || !service.exists || target == nullptr) return;
  const bool right = service.selector_hash == target->hash();
  if (right && service.managed_by == facts.rollout().meta.name) return;
  if (right || (move == Move::Now && can_take_over(facts, service, target))) {
    point(draft, name, service, target->hash());
    return;
  }
  draft.wait(
      {.reason = std::string(kWaitingForService),
       .message = fmt::format(
           "{} {} waits to select {}: {}", crds::side_kind(name), name, target->name,
           move == Move::WithoutTraffic
               ? "it still has traffic"
               : fmt::format("{} of {} pods available", serving(target), spec_replicas(target))),
       .object = crds::side_object(name),
       .observed = service.selector_hash,
       .wanted = target->hash()});
}

int64_t pods_of_users(const Facts& facts) {
  return std::min(facts.replicas, serving(facts.find(facts.serving_service().selector_hash)));
}

void plan_preview_service(Draft& draft, const std::string& name, const ReplicaSet* target) {
  const Service& service = draft.facts.service(name);
  if (name.empty() || !service.exists || target == nullptr) return;
  const bool ours = service.managed_by == draft.facts.rollout().meta.name;
  if (!ours || service.selector_hash != target->hash()) point(draft, name, service, target->hash());
}

void plan_for_lost_stable(Draft& draft) {
  if (!draft.facts.stable_lost) return;
  const Conduct& conduct = draft.facts.conduct;
  for (const std::string* name : {&conduct.serving_service, &conduct.serving_twin})
    plan_service(draft, *name, draft.home(), Move::Now);
}

void plan_former_services(Draft& draft, const ReplicaSet* stable) {
  const Facts& facts = draft.facts;
  const bool returned = facts.traffic.former_returned();
  for (const std::string& name : former_services(facts))
    if (returned && is_of_one_revision(draft))
      draft.act(ReleaseService{name});
    else
      plan_service(draft, name, stable,
                   returned || bears_all(facts) ? Move::Now : Move::WithoutTraffic);
}

}  // namespace sluice::engine
