#include "tests/controller/process.h"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace sluice::controller::test {
namespace {

Error gone() {
  return unavailable("the process is gone");
}

}  // namespace

const ObjectKey& process_lease() {
  static const ObjectKey kLease{"sluice", "sluice-controller"};
  return kLease;
}

Process::Process(ControllerWorld& world, Options options)
    : world_(world),
      options_(std::move(options)),
      clock(world.clock, options_.uptime),
      line(*world.api, clock, context_.get_executor(), options_.seed),
      leadership_(clock, context_.get_executor()),
      writes_(line, kube::while_leading(leadership_)) {
  clock.be_wrong_by(options_.wrong_by);
  world.clock.drive(context_);
  const Controller::Parts of_world = world.parts(writes_, leadership_);
  controller_.emplace(Controller::Parts{.store = writes_,
                                        .clock = clock,
                                        .routers = of_world.routers,
                                        .providers = of_world.providers,
                                        .events = of_world.events,
                                        .leadership = leadership_},
                      context_.get_executor(), Scope{});
  if (options_.elects) {
    elector_.emplace(line, clock, context_.get_executor(),
                     kube::ElectorOptions{.lease = process_lease(),
                                          .election = {.identity = options_.identity},
                                          .rival = std::nullopt},
                     leadership_);
  }
}

void Process::start() {
  if (elector_)
    elector_->start();
  else
    leadership_.lead_always();
  controller_->start();
  world_.clock.settle();
}

Process::~Process() {
  if (!over_) die();
}

void Process::freeze() {
  frozen_ = true;
  clock.freeze();
  world_.clock.leave(context_);
}

void Process::thaw() {
  frozen_ = false;
  line.lose_pending();
  world_.clock.drive(context_);
  clock.thaw();
  world_.clock.settle();
}

void Process::run(boost::asio::awaitable<void> task) {
  boost::asio::co_spawn(context_, std::move(task), [](const std::exception_ptr&) {});
  world_.clock.settle();
}

void Process::end() {
  line.set_rates({});
  line.die_at_write(kNeverDies);
  if (frozen_) thaw();
  run(controller_->stop());
  if (elector_) run(elector_->stop());
  over_ = true;
  world_.clock.leave(context_);
}

void Process::die() {
  line.set_rates({});
  line.refuse([](auto, const auto&, const auto&) { return gone(); });
  if (frozen_) thaw();
  run(controller_->stop());
  line.revive();
  if (elector_) run(elector_->stop());
  over_ = true;
  world_.clock.leave(context_);
}

}  // namespace sluice::controller::test
