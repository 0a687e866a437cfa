#pragma once

// ControllerChild: `sluice controller` in a process of its own, and what the kernel says of it.

#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace sluice::bench {

struct ProcessFigures {
  double rss_mb = 0;   ///< Resident now.
  double heap_mb = 0;  ///< Of that, what is no file: heap and stacks.
  double peak_mb = 0;  ///< Resident at most so far.
  double cpu_s = 0;    ///< Of user and system so far.
};

/// The `sluice` that was built with the running benchmark.
std::filesystem::path built_controller();

class ControllerChild {
 public:
  /// Starts `program`, alone and without a Lease, against the cluster of the kubeconfig; its log
  /// goes into a file beside that.
  static Result<ControllerChild> start(const std::filesystem::path& program,
                                       const std::filesystem::path& kubeconfig);
  /// Ends it and waits.
  ~ControllerChild();
  ControllerChild(ControllerChild&& other) noexcept;
  ControllerChild& operator=(ControllerChild&&) = delete;

  ProcessFigures figures() const;

 private:
  explicit ControllerChild(pid_t pid) : pid_(pid) {}

  pid_t pid_ = 0;
};

}  // namespace sluice::bench
