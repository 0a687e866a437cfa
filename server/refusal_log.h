#pragma once

// RefusalLog: requests that were let in by nobody, in the log. Strangers decide how many there are,
// so that most are only counted.

#include "base/time.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::server {

/// A line at most so often; the next one tells how many came in between.
inline constexpr Duration kRefusalLogEvery = std::chrono::seconds(10);

class RefusalLog {
 public:
  /// One more request that was refused; `path` may be as long as a stranger likes.
  void note(SteadyTime now, const std::string& peer, std::string_view path,
            const std::string& reason);

 private:
  SteadyTime next_{};
  int64_t unsaid_ = 0;
};

}  // namespace sluice::server
