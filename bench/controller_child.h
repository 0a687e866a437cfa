#pragma once

// What the benchmarks share that are about `sluice controller` in a process of its own: that
// process and what the kernel says of it, the flags, and a folder.

#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace sluice::bench {

struct ProcessFigures {
  double rss_mb = 0;   ///< Resident now.
  double heap_mb = 0;  ///< Of that, what is no file: heap and stacks.
  double peak_mb = 0;  ///< Resident at most so far.
  double cpu_s = 0;    ///< Of user and system so far.
};

/// A benchmark's command line: `--NAME VALUE …`.
class Flags {
 public:
  Flags(int argc, char** argv) : words_(argv + 1, argv + argc) {}

  /// What follows `--name`, where it is there.
  int number(std::string_view name, int otherwise) const;
  /// `--controller`, or the one that was built with the benchmark.
  std::filesystem::path controller() const;

 private:
  std::optional<std::string> value(std::string_view name) const;

  std::vector<std::string> words_;
};

/// A folder of this process's own; it goes with all that is in it.
class Folder {
 public:
  explicit Folder(std::string_view program);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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
