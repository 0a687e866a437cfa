#include "kube/reconcile_loop.h"

#include "base/log.h"

#include <utility>

namespace sluice::kube {

ReconcileLoop::ReconcileLoop(Clock& clock, const asio::any_io_executor& executor, std::string kind,
                             Look look, Ended ended)
    : clock_(clock),
      kind_(std::move(kind)),
      look_(std::move(look)),
      ended_(std::move(ended)),
      queue_(clock, executor),
      turns_(executor),
      first_turns_(executor) {}

asio::awaitable<void> ReconcileLoop::work() {
  while (true) {
    ObjectKey key = co_await queue_.next();
    co_await work_on(std::move(key), turns_);
  }
}

asio::awaitable<void> ReconcileLoop::work_first() {
  while (auto key = queue_.next_first()) co_await work_on(*std::move(key), first_turns_);
}

Awaitable<void> ReconcileLoop::work_on(ObjectKey key, net::TurnLine& turns) {
  const SteadyTime began = clock_.steady_now();
  const Result<Looked> outcome = co_await settle(key, turns);
  if (ended_) ended_(key, clock_.steady_now() - began, !outcome);
  end(key, outcome);
}

Awaitable<Result<Looked>> ReconcileLoop::settle(ObjectKey key, net::TurnLine& turns) {
  Error unsettled = conflict("what is written changes again at once");
  int conflicts = 0;
  for (int i = 0; i < kLooksMax && conflicts < kConflictsMax; ++i) {
    co_await turns.take_turn();
    net::this_turn_does(kind_, key.name);
    queue_.looks(key);
    Result<Looked> outcome = co_await look_(key);
    if (outcome && !outcome->again) co_return outcome;
    if (outcome) continue;
    if (outcome.error().code != ErrorCode::Conflict) co_return outcome;
    ++conflicts;
    unsettled = outcome.error();
  }
  co_return fail(unsettled.within("does not settle"));
}

void ReconcileLoop::end(const ObjectKey& key, const Result<Looked>& outcome) {
  if (outcome) {
    queue_.done(key, outcome->wake_after);
    return;
  }
  log_warn("reconcile failed",
           {{"kind", kind_}, {"object", key.to_string()}, {"error", outcome.error().message}});
  queue_.failed(key);
}

}  // namespace sluice::kube
