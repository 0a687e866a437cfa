#include "server/refusal_log.h"

#include "base/log.h"

#include <utility>

namespace sluice::server {
namespace {

constexpr size_t kPathShown = 200;  // bytes

}  // namespace

void RefusalLog::note(SteadyTime now, const std::string& peer, std::string_view path,
                      const std::string& reason) {
  if (now < next_) {
    ++unsaid_;
    return;
  }
  next_ = now + kRefusalLogEvery;
  log_warn("webhook request refused", {{"peer", peer},
                                       {"path", std::string(path.substr(0, kPathShown))},
                                       {"reason", reason},
                                       {"before", std::to_string(std::exchange(unsaid_, 0))}});
}

}  // namespace sluice::server
