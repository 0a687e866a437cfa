#include "local/pods/probe_state.h"

namespace sluice::local {

std::string_view to_string(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::Readiness:
      return "Readiness";
    case ProbeKind::Liveness:
      return "Liveness";
    case ProbeKind::Startup:
      return "Startup";
  }
  return "";
}

ProbeState::ProbeState(ProbeKind kind, const ProbeSpec& spec)
    : kind_(kind),
      success_threshold_(spec.success_threshold),
      failure_threshold_(spec.failure_threshold),
      passing_(kind == ProbeKind::Liveness) {}

bool ProbeState::record(bool success) {
  in_a_row_ = success == last_ ? in_a_row_ + 1 : 1;
  last_ = success;
  if (in_a_row_ < (success ? success_threshold_ : failure_threshold_)) return false;
  const bool before = passing_;
  const bool killed_before = must_kill_;
  passing_ = success;
  must_kill_ = !success && kind_ != ProbeKind::Readiness;
  return passing_ != before || must_kill_ != killed_before;
}

}  // namespace sluice::local
