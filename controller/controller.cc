#include "controller/controller.h"

#include "base/log.h"

#include <algorithm>

namespace sluice::controller {

Controller::Controller(Parts parts, const boost::asio::any_io_executor& executor,
                       std::string namespace_)
    : view_(parts.store, parts.clock, executor, namespace_),
      provider_checks_(parts.providers.checks()),
      rollouts_({.store = parts.store,
                 .clock = parts.clock,
                 .view = view_,
                 .routers = parts.routers,
                 .providers = provider_checks_,
                 .events = parts.events,
                 .metrics = metrics_},
                executor),
      analyses_({.store = parts.store,
                 .clock = parts.clock,
                 .view = view_,
                 .providers = parts.providers,
                 .metrics = metrics_},
                executor),
      tasks_(executor) {
  rollouts_.subscribe();
  analyses_.subscribe();
}

void Controller::start() {
  view_.start(tasks_);
  tasks_.spawn("begin", begin());
}

boost::asio::awaitable<void> Controller::begin() {
  co_await view_.wait_synced();
  log_info("controller started", {{"rollouts", std::to_string(view_.rollouts.size())}});
  rollouts_.start(tasks_);
  analyses_.start(tasks_);
  ready_ = true;
}

bool Controller::ready() const {
  return ready_ && std::ranges::all_of(view_.caches(), &kube::WatchCache::answered);
}

boost::asio::awaitable<void> Controller::stop() {
  ready_ = false;
  co_await tasks_.stop();
}

}  // namespace sluice::controller
