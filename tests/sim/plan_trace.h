#pragma once

// PlanTrace records all that a simulated life makes the controller do: each action that it applies
// and each status that it writes. Two builds that behave alike leave the same trace of a seed.
// Only one at a time: it is the log sink of the process.

#include "tests/controller/controller_world.h"

#include <memory>
#include <string>

namespace sluice::sim {

class PlanTrace {
 public:
  explicit PlanTrace(controller::test::ControllerWorld& world);
  ~PlanTrace();
  PlanTrace(const PlanTrace&) = delete;
  PlanTrace& operator=(const PlanTrace&) = delete;

  /// A line an action or status.
  const std::string& text() const;
  /// FNV-1a of the text, as hexadecimal digits.
  std::string hash() const;

 private:
  class Sink;

  std::shared_ptr<Sink> sink_;
  std::shared_ptr<void> observer_;
};

}  // namespace sluice::sim
