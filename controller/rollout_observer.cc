#include "controller/rollout_observer.h"

#include "base/log.h"
#include "controller/snapshot_builder.h"
#include "crds/names.h"

#include <algorithm>
#include <utility>

namespace sluice::controller {
namespace {

/// Routes, Services and templates are looked at so often; Rollouts, ReplicaSets and runs tell.
constexpr Duration kInterval = std::chrono::seconds(5);
constexpr const char* kDiffers = "OtherEngineDiffers";

}  // namespace

RolloutObserver::RolloutObserver(Parts parts, const boost::asio::any_io_executor& executor)
    : parts_(parts),
      checks_(parts.view, parts.providers),
      loop_(
          parts.clock, executor, "Rollout", [this](ObjectKey key) { return look(std::move(key)); },
          [this](const ObjectKey& key, Duration took, bool failed) {
            parts_.metrics.reconciled(key, took, failed);
          }) {}

void RolloutObserver::subscribe() {
  parts_.view.rollouts.observe([this](const auto& change) { note(change); });
  for (kube::WatchCache* cache : {&parts_.view.replica_sets, &parts_.view.analysis_runs}) {
    cache->observe([this](const kube::WatchCache::Change& change) {
      const kube::ObjectPtr& object = change.after ? change.after : change.before;
      const OwnerReference* owner = object->meta.controller();
      if (owner != nullptr && owner->kind == crds::kRollout)
        loop_.add({change.key.namespace_, owner->name});
    });
  }
}

void RolloutObserver::start(net::TaskGroup& tasks) {
  tasks.spawn("observer", loop_.work());
}

void RolloutObserver::note(const kube::WatchCache::Change& change) {
  const RolloutPtr rollout = parts_.view.rollout(change.key);
  if (rollout) comparison_.saw(change.key, rollout->value.status, parts_.clock.steady_now());
  loop_.add(change.key);
}

Explanation RolloutObserver::explain(const ObjectKey& key) const {
  const auto found = explanations_.find(key);
  Explanation explanation = found == explanations_.end() ? Explanation{} : found->second;
  for (const Difference& difference : comparison_.last(key))
    explanation.differences.push_back(difference.to_string());
  return explanation;
}

boost::asio::awaitable<Result<kube::Looked>> RolloutObserver::look(ObjectKey key) {
  const RolloutPtr rollout = parts_.view.rollout(key);
  if (!rollout || rollout->value.meta.deletion_timestamp) {
    comparison_.forget(key);
    explanations_.erase(key);
    parts_.metrics.forget(key);
    co_return kube::Looked{};
  }
  if (!unlisted_kinds(rollout->value, parts_.view, parts_.routers).empty())
    co_return kube::Looked{.wake_after = kInterval};
  Observed observed =
      observe(*rollout, parts_.view, parts_.routers, checks_, parts_.clock.system_now(), {});
  engine::Plan made = engine::plan(observed.snapshot);
  for (const engine::Action& action : made.actions)
    log_debug("would apply", {{"rollout", key.to_string()}, {"action", engine::to_string(action)}});
  explanations_[key] = {.waits = made.status.waiting_for,
                        .reasons = made.reasons,
                        .decisions = decisions_of(rollout->value.status, made.status)};
  parts_.metrics.observe(rollout->value);
  const auto plan_from = [&observed](const crds::RolloutStatus& found) {
    engine::Snapshot snapshot = observed.snapshot;
    snapshot.rollout.status = found;
    return engine::plan(snapshot).status;
  };
  const auto findings = comparison_.look(key, plan_from, parts_.clock.steady_now());
  tell(key, findings);
  const Duration wake = std::min(made.wake_after.value_or(kInterval), kInterval);
  co_return kube::Looked{.wake_after = std::min(wake, findings.look_again.value_or(kInterval))};
}

void RolloutObserver::tell(const ObjectKey& key, const EngineComparison::Findings& findings) {
  for (const Aspect aspect : findings.agreed)
    parts_.metrics.compared(std::string(to_string(aspect)), true);
  const kube::ObjectPtr object = parts_.view.rollouts.find(key);
  for (const Difference& difference : findings.differences) {
    log_warn("the other engine differs",
             {{"rollout", key.to_string()}, {"difference", difference.to_string()}});
    parts_.metrics.compared(std::string(to_string(difference.aspect)), false);
    if (object) parts_.events.tell(*object, {kDiffers, difference.to_string(), true});
  }
}

}  // namespace sluice::controller
