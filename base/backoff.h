#pragma once

// Exponential back-off with jitter, as a value: it counts failures and says how long to wait next.

#include "base/time.h"

namespace sluice {

class Backoff {
 public:
  struct Limits {
    Duration first = std::chrono::milliseconds(5);
    Duration longest = std::chrono::seconds(10);
    double factor = 2.0;
  };

  Backoff() = default;

  explicit Backoff(Limits limits) : limits_(limits) {}

  /// The wait before the next try: first · factor^failures, at most `longest`, times a factor in
  /// [0.5, 1] drawn from `unit` in [0, 1). Counts the failure.
  Duration next(double unit);

  void reset() { failures_ = 0; }

  int failures() const { return failures_; }

 private:
  Limits limits_;
  int failures_ = 0;
};

}  // namespace sluice
