#pragma once

// FilePodLogs answers .../pods/NAME/log from the files that the keeper writes.

#include "base/clock.h"
#include "kube/watch_cache.h"
#include "local/pods/pod_log_files.h"
#include "local/store/pod_logs.h"

#include <functional>
#include <memory>
#include <string>

namespace sluice::local {

class FilePodLogs final : public PodLogs {
 public:
  /// Whether that run of the container goes on; then a follower waits for more.
  using IsRunning =
      std::function<bool(const std::string& pod_uid, const std::string& container, int run)>;

  /// Must outlive the streams it opens, as must what it is given.
  FilePodLogs(kube::WatchCache& pods, PodLogFiles files, Clock& clock, IsRunning is_running)
      : pods_(pods), files_(std::move(files)), clock_(clock), is_running_(std::move(is_running)) {}

  boost::asio::awaitable<Result<std::unique_ptr<PodLogStream>>> open(ObjectKey pod,
                                                                     PodLogQuery query) override;

 private:
  Result<LogKey> choose_run(const kube::Object& pod, const PodLogQuery& query) const;

  kube::WatchCache& pods_;
  PodLogFiles files_;
  Clock& clock_;
  IsRunning is_running_;
};

}  // namespace sluice::local
