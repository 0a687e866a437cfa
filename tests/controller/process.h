#pragma once

// Process: one of several processes of the controller on the API of one world, with all that is its
// own: a line to the API, clocks, a thread that may stand still, and what it makes of the Lease.

#include "controller/controller.h"
#include "kube/elector.h"
#include "kube/gated_store.h"
#include "tests/controller/controller_world.h"
#include "tests/fakes/process_clock.h"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>

namespace sluice::controller::test {

/// The Lease that they all want, in a namespace that the world must have.
const ObjectKey& process_lease();

class Process {
 public:
  struct Options {
    std::string identity;  ///< In the Lease.
    /// Of the faults of its line.
    uint32_t seed = 1;
    /// It stands for the Lease; else it always leads.
    bool elects = true;
    Duration uptime{};    ///< Of its monotonic clock, when it begins.
    Duration wrong_by{};  ///< Its wall clock.
  };

  /// `world` must outlive it.
  Process(ControllerWorld& world, Options options);
  /// Dies where it has not ended.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void start();

  /// Nothing of it runs until it thaws; what was on its way to the API then is lost.
  void freeze();
  void thaw();

  bool is_frozen() const { return frozen_; }

  /// Its work done, it lets the Lease go.
  void end();
  /// It is gone, in the middle of whatever it did.
  void die();

  bool leads() const { return leadership_.may_write(); }

  const std::string& identity() const { return options_.identity; }

  Controller& controller() { return *controller_; }

 private:
  void run(boost::asio::awaitable<void> task);

  ControllerWorld& world_;
  Options options_;
  bool frozen_ = false;
  bool over_ = false;

 public:
  ProcessClock clock;

 private:
  boost::asio::io_context context_;

 public:
  FaultyStore line;

 private:
  kube::Leadership leadership_;
  kube::GatedStore writes_;
  std::optional<kube::Elector> elector_;
  std::optional<Controller> controller_;
};

}  // namespace sluice::controller::test
