#include "net/event_loop.h"

#include "net/real_clock.h"
#include "net/turn.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <exception>
#include <optional>

namespace sluice::net {
namespace {

/// Tells Asio that one thread runs the loop; others may still post to it.
constexpr int kOneThread = 1;

}  // namespace

struct EventLoop::State {
  // The clock outlives the context: coroutines that are destroyed with it still cancel their
  // timers.
  std::unique_ptr<RealClock> clock;
  asio::io_context context{kOneThread};
  std::optional<asio::signal_set> signals;
  TurnWatch turns;
  int exit_code = 0;
};

EventLoop::EventLoop() : state_(std::make_unique<State>()) {
  state_->clock = std::make_unique<RealClock>(executor());
}

EventLoop::~EventLoop() {
  state_->clock->close();
}

asio::any_io_executor EventLoop::executor() {
  return state_->context.get_executor();
}

Clock& EventLoop::clock() {
  return *state_->clock;
}

int EventLoop::run(asio::awaitable<int> main) {
  std::exception_ptr failure;
  asio::co_spawn(state_->context, std::move(main),
                 [this, &failure](std::exception_ptr error, int exit_code) {
                   failure = std::move(error);
                   stop(exit_code);
                 });
  state_->context.restart();
  const WatchedThread watching(state_->turns, executor());
  state_->context.run();
  if (failure) std::rethrow_exception(failure);
  return state_->exit_code;
}

void EventLoop::stop(int exit_code) {
  state_->exit_code = exit_code;
  state_->context.stop();
}

void EventLoop::expect_termination() {
  if (!state_->signals) state_->signals.emplace(state_->context, SIGINT, SIGTERM);
}

asio::awaitable<int> EventLoop::termination_signal() {
  expect_termination();
  const int signal = co_await state_->signals->async_wait(asio::use_awaitable);
  state_->clock->call_at(state_->clock->steady_now() + kSignalEcho,
                         [state = state_.get()] { state->signals.reset(); });
  co_return signal;
}

}  // namespace sluice::net
