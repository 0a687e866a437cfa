#include "controller/rollout_controller.h"

#include "base/log.h"
#include "controller/routes.h"
#include "crds/names.h"
#include "engine/reasons.h"
#include "engine/waits.h"
#include "kube/field_managers.h"

#include <algorithm>
#include <utility>

namespace sluice::controller {
namespace {

/// Rollouts that are worked on at the same time. Each mostly waits for the API server, and some
/// that wait for long must not hold up the others.
constexpr int kWorkers = 64;

void log_actions(LogLevel level, std::string_view what, const ObjectKey& key,
                 const std::vector<engine::Action>& actions) {
  for (const engine::Action& action : actions)
    log(level, what, {{"rollout", key.to_string()}, {"action", engine::to_string(action)}});
}

std::optional<Error> first_failure(const PlanApplier::Applied& applied,
                                   const Result<void>& written) {
  for (const Result<void>* result : {&applied.rest, &applied.routes, &written})
    if (!*result) return result->error();
  return std::nullopt;
}

void look_again(engine::Plan& plan, std::optional<Duration> after) {
  if (after) plan.wake_after = std::min(plan.wake_after.value_or(*after), *after);
}

crds::Wait waiting_for_list(const std::string& kinds, SystemTime now) {
  return {.reason = std::string(engine::kWaitingForTraffic),
          .message = "the API server has not listed " + kinds + " yet",
          .since = now};
}

}  // namespace

RolloutController::RolloutController(Parts parts, const boost::asio::any_io_executor& executor)
    : parts_(parts),
      applier_(parts.store, parts.writes, parts.view),
      checks_(parts.view, parts.providers),
      loop_(
          parts.clock, executor, "Rollout", [this](ObjectKey key) { return look(std::move(key)); },
          [this](const ObjectKey& key, Duration took, bool failed) {
            parts_.metrics.reconciled(key, took, failed);
          }),
      trials_(applier_, parts.clock, [this](const ObjectKey& key) { loop_.add(key); }),
      pod_looks_(parts.store, parts.clock, [this](const ObjectKey& key) { loop_.add(key); }),
      pod_lists_(parts.store, parts.clock, [this](const ObjectKey& key) { loop_.add(key); }) {}

RolloutController::~RolloutController() {
  parts_.view.observe_demanded({}, {});
  parts_.verdicts.observe({});
}

void RolloutController::subscribe() {
  ClusterView& view = parts_.view;
  const auto follow = [this](kube::WatchCache& cache, kube::WatchCache::Observer observer) {
    subscriptions_.push_back(cache.subscribe(std::move(observer)));
  };
  follow(view.rollouts, [this](const auto& change) {
    left_routes_.note(change);
    loop_.add(change.key);
  });
  follow(view.replica_sets, [this](const auto& change) { add_owner(change); });
  follow(view.analysis_runs, [this](const auto& change) { add_owner(change); });
  follow(view.services, [this](const auto& change) {
    if (const auto rollout = ServiceManagers::of_service(change.after)) add_if_gone(*rollout);
  });
  for (kube::WatchCache* cache : {&view.services, &view.templates, &view.cluster_templates}) {
    follow(*cache, [this, gvk = cache->resource().gvk](const auto& change) {
      add_dependents(gvk, change.key);
    });
  }
  for (auto& freezes :
       view.subscribe_freezes([this](const std::string& from) { add_frozen(from); }))
    subscriptions_.push_back(std::move(freezes));
  view.observe_demanded(
      [this](const auto& gvk, const auto& change) { add_dependents(gvk, change.key); },
      [this] { add_unlisted(); });
  for (const ObjectKey& rollout : view.rollouts.keys()) loop_.add(rollout);
  for (const ObjectKey& rollout : view.service_managers.rollouts()) add_if_gone(rollout);
}

void RolloutController::start(net::TaskGroup& tasks) {
  tasks_ = &tasks;
  subscribe();
  parts_.verdicts.observe([this](const ObjectKey& rollout) {
    loop_.add_first(rollout);
    tasks_->spawn("answer to a verdict", loop_.work_first());
  });
  for (int i = 0; i < kWorkers; ++i) tasks.spawn("rollout worker", loop_.work());
}

Explanation RolloutController::explain(const ObjectKey& key) const {
  const auto found = explanations_.find(key);
  return found == explanations_.end() ? Explanation{} : found->second;
}

boost::asio::awaitable<RolloutController::Outcome> RolloutController::look(ObjectKey key) {
  const RolloutPtr rollout = parts_.view.rollout(key);
  if (!rollout || rollout->value.meta.deletion_timestamp) return let_go(key);
  second_.saw(key, rollout->value.status, parts_.clock.steady_now());
  if (parts_.verdicts.concern(key)) return take_back(key, rollout);
  return pass(key, rollout);
}

boost::asio::awaitable<RolloutController::Outcome> RolloutController::let_go(ObjectKey key) {
  forget(key);
  // The weights last: the stable revision alone may have too few pods for all of the traffic.
  const auto given_back =
      co_await give_back_services(parts_.store, parts_.writes, parts_.view, key);
  if (!given_back && is_transient(given_back.error().code)) co_return fail(given_back.error());
  const auto taken = co_await left_routes_.take_away(key, applier_, parts_.routers);
  if (const auto& done = taken ? given_back : taken; !done) co_return fail(done.error());
  co_return kube::Looked{};
}

bool RolloutController::waits_for_lists(const ObjectKey& key, const crds::Rollout& rollout) {
  const std::string kinds = unlisted_kinds(rollout, parts_.view, parts_.routers);
  if (kinds.empty()) return false;
  unlisted_.insert(key);
  explanations_[key] = {.waits = {waiting_for_list(kinds, parts_.clock.system_now())}};
  return true;
}

Observed RolloutController::observe_now(const ObjectKey& key,
                                        const crds::Decoded<crds::Rollout>& rollout) {
  const JsonText& pod_template = rollout.value.spec.pod_template;
  std::optional<crds::Decoded<crds::Rollout>> decided;
  if (const auto* standing = pace_.standing(rollout.value)) {
    decided = rollout;
    decided->value.status = *standing;
  }
  Observed observed = observe(decided ? *decided : rollout, parts_.view, parts_.routers, checks_,
                              parts_.clock.system_now(),
                              {.services = parts_.view.service_managers.services_of(key),
                               .problems = trials_.problems(key, pod_template),
                               .asked_since = [this, &key](const traffic::Observation& seen) {
                                 return asked_since_.generation(key, seen);
                               }});
  engine::Snapshot& snapshot = observed.snapshot;
  if (const auto taken = names_taken_.find(key); taken != names_taken_.end())
    snapshot.names_taken = taken->second;
  snapshot.trial = trials_.known(key, pod_template);
  snapshot.pod_troubles = pod_looks_.seen(key);
  snapshot.pods = pod_lists_.known(key);
  parts_.verdicts.show(key, snapshot.analysis_runs);
  return observed;
}

boost::asio::awaitable<RolloutController::Outcome> RolloutController::pass(ObjectKey key,
                                                                           RolloutPtr rollout) {
  if (waits_for_lists(key, rollout->value)) co_return kube::Looked{};
  Observed observed = observe_now(key, *rollout);
  std::set<std::string> names_taken = observed.snapshot.names_taken;
  dependents_.depend(key, observed.dependencies);
  engine::Plan plan = engine::plan(observed.snapshot);
  std::string version = rollout->value.meta.resource_version;
  const PlanApplier::Target target =
      target_of(rollout, observed.routers, plan, &names_taken, &version);
  const JsonText pod_template = rollout->value.spec.pod_template;
  const bool passes = co_await trials_.pass(key, pod_template, target.owner, plan.actions);
  if (!passes) co_return kube::Looked{.again = true};
  const WriteContests::Held held = contests_.restrain(
      key, plan, parts_.clock.steady_now(), parts_.clock.system_now(),
      [&](const engine::Action& action) { return last_writer(key, observed.routers, action); });
  log_actions(LogLevel::Debug, "applying", key, plan.actions);
  const bool acted = !plan.actions.empty();
  const PlanApplier::Applied applied = co_await applier_.apply(target, std::move(plan.actions));
  note_done(rollout->value, applied);
  if (applied.refused) co_return kube::Looked{.again = true};
  if (!names_taken.empty()) names_taken_[key] = std::move(names_taken);
  const bool clean = applied.routes && applied.rest && !held.any();
  if (acted && clean && pace_.leave(rollout->value, plan.status, parts_.clock.steady_now())) {
    tell(key, plan.reasons, true);
    co_return kube::Looked{.again = true};
  }
  if (!applied.routes || held.routes) withhold_weights(plan.status, rollout->value.status);
  add_waits(rollout->value, applied, observed.snapshot.now, plan);
  explain_by(key, plan);
  const bool has_news = hold_status(rollout->value, plan);
  // Also after a failed action: people shall read of an abort even where a router refuses.
  const auto written = co_await write_status(rollout, plan.status, version);
  if (written) show(key);
  if (written && (acted || has_news)) tell(key, plan.reasons, clean);
  if (written) tell(key, wait_news_.take(key, plan.status.waiting_for), true);
  look_at_pods(key, observed.snapshot, plan);
  look_again(plan, trials_.follow(key, pod_template, plan, target.owner, *tasks_));
  if (auto failed = first_failure(applied, written)) {
    complain(key, *failed);
    co_return fail(*std::move(failed));
  }
  complaints_.erase(key);
  if (acted || moved_on(key, rollout)) co_return kube::Looked{.again = true};
  if (!plan.wake_after) parts_.view.let_rest(rollout->value.meta, observed.dependencies);
  co_return kube::Looked{.wake_after = plan.wake_after};
}

void RolloutController::look_at_pods(const ObjectKey& key, const engine::Snapshot& snapshot,
                                     engine::Plan& plan) {
  const std::optional<Duration> wait =
      pod_looks_.follow(key, snapshot, plan.status.waiting_for, *tasks_);
  const std::optional<Duration> list = pod_lists_.follow(key, snapshot, plan.pods_of, *tasks_);
  look_again(plan, wait);
  look_again(plan, list);
}

void RolloutController::note_done(const crds::Rollout& rollout,
                                  const PlanApplier::Applied& applied) {
  const ObjectKey key = rollout.meta.key();
  log_actions(LogLevel::Info, "applied", key, applied.done);
  contests_.wrote(key, applied.done, parts_.clock.steady_now());
  if (applied.refused) trials_.refused(key, rollout.spec.pod_template, *applied.refused);
  if (const auto weight = moved_weight(rollout, applied.done)) note_routed(key, *weight);
  for (const engine::Action& action : applied.done) {
    if (engine::touches_pods(action)) pod_lists_.wrote(key);
    if (std::holds_alternative<engine::SetTraffic>(action)) asked_since_.forget(key);
  }
  for (const auto& [uid, message] : applied.not_evicted) pod_lists_.refused(key, uid, message);
}

void RolloutController::add_waits(const crds::Rollout& rollout, const PlanApplier::Applied& applied,
                                  SystemTime now, engine::Plan& plan) {
  const ObjectKey key = rollout.meta.key();
  const kube::ObjectPtr object = parts_.view.rollouts.find(key);
  const auto last_writer = [&object] { return kube::writer_text(object.get(), "status"); };
  second_.tell(key, plan, last_writer, parts_.clock.steady_now(), now);
  engine::Waits waits = std::move(plan.status.waiting_for);
  const bool routers_told = std::any_of(waits.begin(), waits.end(), [](const crds::Wait& wait) {
    return wait.reason == engine::kTrafficRoutingError;
  });
  const auto add = [&waits](const Result<void>& result) {
    if (result || is_transient(result.error().code) || result.error().code == ErrorCode::Conflict)
      return;
    waits.push_back(
        {.reason = std::string(engine::kReconciliationError), .message = result.error().message});
  };
  if (!routers_told) add(applied.routes);
  add(applied.rest);
  engine::show_waits(rollout, waits, now, plan.status);
}

bool RolloutController::hold_status(const crds::Rollout& rollout, engine::Plan& plan) {
  const ObjectKey key = rollout.meta.key();
  const auto* standing = pace_.standing(rollout);
  const bool decided = decides(standing != nullptr ? *standing : rollout.status, plan.status);
  const SteadyTime now = parts_.clock.steady_now();
  const Duration wait =
      std::max(second_.wait(key, plan.status, now), pace_.wait(rollout, plan.status, now));
  if (wait == Duration::zero()) return decided || plan.status != rollout.status;
  plan.status = rollout.status;
  look_again(plan, wait);
  return decided;
}

boost::asio::awaitable<Result<void>> RolloutController::write_status(RolloutPtr rollout,
                                                                     crds::RolloutStatus status,
                                                                     std::string version) {
  if (status == rollout->value.status) co_return Result<void>{};
  const ObjectKey key = rollout->value.meta.key();
  second_.writing(key, status, parts_.clock.steady_now());
  auto written = co_await applier_.write_status(rollout, status, std::move(version));
  if (!written && written.error().code == ErrorCode::Conflict) second_.overtaken(key);
  if (written) pace_.forget(key);
  if (written) parts_.metrics.followed(rollout->value.status.duration, status.duration);
  co_return written;
}

std::string RolloutController::last_writer(const ObjectKey& rollout, const Routers& routers,
                                           const engine::Action& action) const {
  const auto of = [](const kube::ObjectPtr& object) { return kube::writer_text(object.get(), ""); };
  crds::ObjectName about;
  if (const auto* point = std::get_if<engine::PointService>(&action))
    about = crds::side_object(point->name);
  if (about.kind == "Service")
    return of(parts_.view.services.find({rollout.namespace_, about.name}));
  if (const auto* sized = std::get_if<engine::PatchReplicaSet>(&action))
    return of(parts_.view.replica_sets.find({rollout.namespace_, sized->name}));
  for (const auto& router : routers) {
    for (const traffic::ObjectRef& ref : router->objects()) {
      if (!about.kind.empty() && ref.gvk.kind != about.kind) continue;
      kube::WatchCache* cache = parts_.view.cache_of(ref.gvk);
      const std::string writer = cache == nullptr ? "" : of(cache->find(ref.key));
      if (!writer.empty()) return writer;
    }
  }
  return "";
}

void RolloutController::note_routed(const ObjectKey& key, int64_t canary_weight) {
  log_info("routes written",
           {{"rollout", key.to_string()}, {"canary", std::to_string(canary_weight)}});
  if (canary_weight == 0) parts_.metrics.routed_back(key, parts_.clock.steady_now());
}

void RolloutController::complain(const ObjectKey& key, const Error& error) {
  if (error.code == ErrorCode::Conflict) return;
  // What passes by itself is no matter for the status, but here it is told.
  const crds::Wait wait{.reason = std::string(engine::kReconciliationError),
                        .message = error.message,
                        .since = parts_.clock.system_now()};
  engine::Waits& waits = explanations_[key].waits;
  if (std::none_of(waits.begin(), waits.end(),
                   [&](const crds::Wait& known) { return engine::is_same_wait(known, wait); }))
    waits.push_back(wait);
  const kube::ObjectPtr object = parts_.view.rollouts.find(key);
  // What passes by itself is no news, nor is the same once more.
  if (object && !is_transient(error.code) && complaints_[key] != error.message) {
    complaints_[key] = error.message;
    parts_.metrics.told(std::string(engine::kReconciliationError), true);
    parts_.events.tell(*object, {std::string(engine::kReconciliationError), error.message, true});
  }
}

bool RolloutController::moved_on(const ObjectKey& key, const RolloutPtr& from) const {
  const RolloutPtr now = parts_.view.rollout(key);
  return !now || now->value.meta.resource_version != from->value.meta.resource_version;
}

void RolloutController::explain_by(const ObjectKey& key, const engine::Plan& plan) {
  if (plan.status.waiting_for.empty() && plan.reasons.empty())
    explanations_.erase(key);
  else
    explanations_[key] = {.waits = plan.status.waiting_for, .reasons = plan.reasons};
}

void RolloutController::forget(const ObjectKey& key) {
  dependents_.forget(key);
  names_taken_.erase(key);
  unlisted_.erase(key);
  trials_.forget(key);
  checks_.forget(key);
  explanations_.erase(key);
  pod_looks_.forget(key);
  pod_lists_.forget(key);
  wait_news_.forget(key);
  complaints_.erase(key);
  contests_.forget(key);
  asked_since_.forget(key);
  second_.forget(key);
  pace_.forget(key);
  parts_.metrics.forget(key);
}

void RolloutController::show(const ObjectKey& key) {
  if (const RolloutPtr rollout = parts_.view.rollout(key)) parts_.metrics.observe(rollout->value);
}

void RolloutController::tell(const ObjectKey& key, const std::vector<engine::Reason>& reasons,
                             bool applied) {
  const kube::ObjectPtr object = parts_.view.rollouts.find(key);
  if (!object) return;
  for (const engine::Reason& reason : reasons) {
    if (reason.occasion == engine::Occasion::Effect && !applied) continue;
    const bool warning = reason.severity == engine::Severity::Warning;
    log(warning ? LogLevel::Warn : LogLevel::Info, reason.code,
        {{"rollout", key.to_string()}, {"why", reason.message}});
    parts_.metrics.told(reason.code, warning);
    parts_.events.tell(*object, {.reason = reason.code,
                                 .message = reason.message,
                                 .warning = warning,
                                 .on_the_way = !warning && is_on_the_way(reason.code)});
  }
}

void RolloutController::add_dependents(const GroupVersionKind& gvk, const ObjectKey& key) {
  for (const ObjectKey& rollout : dependents_.of({gvk, key})) loop_.add(rollout);
}

void RolloutController::add_unlisted() {
  for (const ObjectKey& rollout : std::exchange(unlisted_, {})) loop_.add(rollout);
}

void RolloutController::add_frozen(const std::string& from_namespace) {
  const bool everywhere = from_namespace == crds::kFreezeAllNamespace;
  for (const ObjectKey& rollout : parts_.view.rollouts.keys())
    if (everywhere || rollout.namespace_ == from_namespace) loop_.add(rollout);
}

void RolloutController::add_if_gone(const ObjectKey& rollout) {
  if (!parts_.view.rollouts.holds(rollout)) loop_.add(rollout);
}

void RolloutController::add_owner(const kube::WatchCache::Change& change) {
  for (const kube::ObjectPtr& object : {change.before, change.after}) {
    const OwnerReference* owner = object ? object->meta.controller() : nullptr;
    if (owner != nullptr && owner->kind == crds::kRollout)
      loop_.add({change.key.namespace_, owner->name});
  }
}

}  // namespace sluice::controller
