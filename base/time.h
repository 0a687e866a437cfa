#pragma once

// Points in time and spans, and how they are written: RFC 3339 as Kubernetes does, durations as Go
// does.

#include "base/result.h"

#include <chrono>
#include <string>
#include <string_view>

namespace sluice {

using Duration = std::chrono::nanoseconds;
/// Wall-clock time: for what is stored and shown. It may jump.
using SystemTime = std::chrono::sys_time<Duration>;
/// Monotonic time: for deadlines and measuring. It means nothing outside the process.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// "2026-01-02T03:04:05Z", seconds only, as metav1.Time.
std::string format_time(SystemTime time);
/// "2026-01-02T03:04:05.123456Z", as metav1.MicroTime.
std::string format_time_micro(SystemTime time);

/// Without its fraction, as metav1.Time keeps it.
constexpr SystemTime whole_seconds(SystemTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

/// Reads RFC 3339 with optional fraction and any offset.
Result<SystemTime> parse_time(std::string_view text);

/// Reads a Go duration ("1h30m", "1.5s", "-2ms") or a plain whole number of seconds ("30"), as the
/// Argo Rollouts API does wherever it takes a duration.
Result<Duration> parse_duration(std::string_view text);
/// Writes as Go's time.Duration.String() does: "1h30m0s", "1.5s", "20ms", "0s".
std::string format_duration(Duration duration);
/// Two most significant units, for people and tables: "5d", "3h12m", "45s" (kubectl's
/// HumanDuration).
std::string format_age(Duration age);

}  // namespace sluice
