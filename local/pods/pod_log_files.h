#pragma once

// Where the logs of containers lie: LOGS/NAMESPACE_NAME_UID/CONTAINER/RUN.log, where RUN is the
// restart count, and RUN.log.1 for the part that was turned over. Of each container the newest two
// runs are kept, until the pod is gone.

#include "base/object_meta.h"
#include "base/result.h"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sluice::local {

/// Which run of which container.
struct LogKey {
  ObjectKey pod;
  std::string uid;
  std::string container;
  int run = 0;
};

class PodLogFiles {
 public:
  explicit PodLogFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path path(const LogKey& key) const;

  /// Makes the folder for a new run's log and removes the logs of runs that are no longer kept.
  Result<std::filesystem::path> prepare(const LogKey& key) const;

  /// The runs of a container that have a log, oldest first; `key.run` is not looked at.
  std::vector<int> runs(const LogKey& key) const;

  void remove_pod(const ObjectKey& pod, const std::string& uid) const;
  /// Removes the logs of all pods but those with the given UIDs.
  void keep_only(const std::set<std::string>& uids) const;

 private:
  std::filesystem::path pod_folder(const ObjectKey& pod, const std::string& uid) const;

  std::filesystem::path folder_;
};

}  // namespace sluice::local
