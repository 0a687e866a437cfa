#pragma once

// What a probe's results mean: thresholds counted as the kubelet does. Pure.

#include "local/pods/probe_spec.h"

namespace sluice::local {

enum class ProbeKind { Readiness, Liveness, Startup };

std::string_view to_string(ProbeKind kind);

/// Counts results in a row and keeps the verdict that the last crossed threshold gave.
class ProbeState {
 public:
  /// A readiness or startup probe starts as not passing, a liveness probe as passing.
  ProbeState(ProbeKind kind, const ProbeSpec& spec);

  /// Takes a result in. True when the verdict changed.
  bool record(bool success);

  bool passing() const { return passing_; }

  /// A liveness or startup probe has failed: the container must be killed.
  bool must_kill() const { return must_kill_; }

  /// A startup probe that has passed is not asked again.
  bool finished() const { return kind_ == ProbeKind::Startup && passing_; }

 private:
  ProbeKind kind_;
  int success_threshold_;
  int failure_threshold_;
  int in_a_row_ = 0;
  bool last_ = false;
  bool passing_;
  bool must_kill_ = false;
};

}  // namespace sluice::local
