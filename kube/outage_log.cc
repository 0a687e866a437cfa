#include "kube/outage_log.h"

#include "base/log.h"

namespace sluice::kube {
namespace {

/// Failures to watch that last this long are told of.
constexpr Duration kOutage = std::chrono::seconds(30);

}  // namespace

void OutageLog::failed(const Error& error, SteadyTime now) {
  if (!since_) since_ = now;
  if (told_ || now - *since_ < kOutage) return;
  told_ = true;
  log_warn("cannot watch, what is known may be out of date",
           {{"resource", resource_}, {"error", error.message}});
}

void OutageLog::answered() {
  if (told_) log_info("watching again", {{"resource", resource_}});
  told_ = false;
  since_.reset();
}

void OnceLog::failed(const Error& error) {
  if (told_ == error.code) return;
  told_ = error.code;
  log_warn(what_, {{"resource", resource_}, {"error", error.message}});
}

void OnceLog::passed() {
  if (told_) log_info("no longer so", {{"resource", resource_}, {"was", what_}});
  told_.reset();
}

}  // namespace sluice::kube
