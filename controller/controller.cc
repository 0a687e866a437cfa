#include "controller/controller.h"

#include "base/log.h"
#include "controller/snapshot_builder.h"

#include <algorithm>

namespace sluice::controller {

Controller::Term::Term(Controller& controller, const boost::asio::any_io_executor& executor)
    : rollouts({.store = controller.parts_.store,
                .writes = controller.writes_,
                .clock = controller.parts_.clock,
                .view = controller.view_,
                .verdicts = verdicts,
                .routers = controller.parts_.routers,
                .providers = controller.provider_checks_,
                .events = controller.parts_.events,
                .metrics = controller.metrics_},
               executor),
      analyses({.store = controller.parts_.store,
                .writes = controller.writes_,
                .clock = controller.parts_.clock,
                .view = controller.view_,
                .verdicts = verdicts,
                .providers = controller.parts_.providers,
                .metrics = controller.metrics_},
               executor),
      tasks(executor) {
  rollouts.start(tasks);
  analyses.start(tasks);
}

Controller::Controller(Parts parts, const boost::asio::any_io_executor& executor,
                       const Scope& scope)
    : parts_(parts),
      executor_(executor),
      writes_(executor),
      view_(parts.store, parts.clock, executor, scope),
      provider_checks_(parts.providers.checks()),
      observer_({.clock = parts.clock,
                 .view = view_,
                 .routers = parts.routers,
                 .providers = provider_checks_,
                 .events = parts.events,
                 .metrics = metrics_},
                executor),
      tasks_(executor) {
  view_.rollouts.observe([this](const kube::WatchCache::Change& change) { prepare(change); });
  if (parts.observe_only) observer_.subscribe();
}

void Controller::prepare(const kube::WatchCache::Change& change) {
  const RolloutPtr rollout = view_.rollout(change.key);
  if (!rollout) return;
  unlisted_kinds(rollout->value, view_, parts_.routers);
  // A first list tells of thousands before one of them is looked at.
  if (!change.before) view_.let_rest(rollout->value.meta, {});
}

void Controller::start() {
  view_.start(tasks_);
  tasks_.spawn("work", work());
}

boost::asio::awaitable<void> Controller::work() {
  co_await view_.wait_synced();
  log_info("controller started", {{"rollouts", std::to_string(view_.rollouts.size())}});
  synced_ = true;
  if (parts_.observe_only) {
    observer_.start(tasks_);
    co_return;
  }
  while (true) {
    co_await parts_.leadership.begin_term();
    term_.emplace(*this, executor_);
    co_await parts_.leadership.wait_term_end();
    co_await end_term();
  }
}

boost::asio::awaitable<void> Controller::end_term() {
  if (!term_) co_return;
  co_await term_->tasks.stop();
  term_.reset();
  // Whoever leads now shows how they stand.
  for (const ObjectKey& rollout : view_.rollouts.keys()) metrics_.forget(rollout);
}

bool Controller::ready() {
  return synced_ && std::ranges::all_of(view_.caches(), &kube::WatchCache::answered);
}

Explanation Controller::explain(const ObjectKey& rollout) const {
  if (parts_.observe_only) return observer_.explain(rollout);
  if (term_) return term_->rollouts.explain(rollout);
  crds::Wait wait{.reason = "NotLeading", .message = to_string(standing())};
  return {.waits = {std::move(wait)}, .reasons = {}};
}

std::string Controller::metrics_text() {
  metrics_.show_standing(standing());
  return metrics_.text();
}

boost::asio::awaitable<void> Controller::stop() {
  synced_ = false;
  co_await tasks_.stop();
  co_await end_term();
}

}  // namespace sluice::controller
