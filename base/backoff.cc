#include "base/backoff.h"

#include <algorithm>
#include <cmath>

namespace sluice {

Duration Backoff::next(double unit) {
  // Past this exponent every sensible factor has reached the longest wait.
  constexpr int kExponentMax = 62;
  const double first = static_cast<double>(limits_.first.count());
  const double grown = first * std::pow(limits_.factor, std::min(failures_, kExponentMax));
  const double capped = std::min(grown, static_cast<double>(limits_.longest.count()));
  ++failures_;
  return Duration{std::llround(capped * (0.5 + unit / 2))};
}

}  // namespace sluice
