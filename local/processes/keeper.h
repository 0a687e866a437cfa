#pragma once

// The keeper is a small process of its own that is the parent of every program the local cluster
// runs: pods, HAProxy, Prometheus. It is a child subreaper, so programs that double-fork stay its
// descendants, and when its pipe to us closes (however we died) it ends every descendant: SIGTERM,
// a short grace, SIGKILL. Nothing of it survives a restart; a new Keeper starts with no processes.
//
// The keeper is our own executable run again as "sluice-keeper"; any program that links this
// library can start one (keeper_process.cc catches that name before main).

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::local {

namespace asio = boost::asio;

inline constexpr int64_t kLogBytesMax = int64_t{10} * 1024 * 1024;

/// Where a program's standard output and error go, in the order in which they were written.
struct ProcessLog {
  std::string path;  ///< Empty: discarded. Appended to; its folder must exist.
  /// When the file would pass this it becomes "PATH.1" (replacing the one before).
  int64_t bytes_max = kLogBytesMax;
  /// Each line gets "2026-01-02T03:04:05.123456789Z " before it.
  bool timestamps = false;
};

/// What to run.
struct ProcessSpec {
  /// argv[0] is a path (relative ones count from `cwd`), or, without a slash, a name looked up in
  /// the PATH of `env`. Not empty.
  std::vector<std::string> argv;
  /// The whole environment: nothing is inherited. The keeper adds SLUICE_PROCESS, by which it finds
  /// the program's descendants again.
  std::vector<std::pair<std::string, std::string>> env;
  std::string cwd = "/";
  ProcessLog log;
};

/// A started program. The id is never reused by one runner; the pid may be by the system.
struct Process {
  uint64_t id = 0;
  int pid = 0;
};

/// How a program ended. After its first process has ended, the keeper kills what is left of it.
struct ProcessExit {
  int code = 0;    ///< The exit code; 128 + signal when a signal ended it.
  int signal = 0;  ///< 0: it exited by itself.
};

/// Runs programs. Belongs to the loop thread. Tests script it.
class ProcessRunner {
 public:
  using ExitCallback = std::function<void(ProcessExit)>;

  virtual ~ProcessRunner() = default;

  /// Starts a program: in a session of its own, standard input empty, no signal blocked or ignored,
  /// no descriptor inherited. Fails with NotFound (no such executable or folder), Forbidden (not
  /// executable) or Internal (too many or too long arguments and variables, among others).
  /// `on_exit` runs on the loop thread, once, after start() has returned a Process; never after the
  /// runner was destroyed.
  virtual asio::awaitable<Result<Process>> start(ProcessSpec spec, ExitCallback on_exit) = 0;

  /// Sends a signal to the program's first process; SIGKILL goes to all of its descendants as well.
  /// An id that has ended is ignored.
  virtual void signal(uint64_t id, int number) = 0;
};

/// How long descendants have between SIGTERM and SIGKILL once the keeper's pipe is closed.
inline constexpr Duration kKeeperGrace = std::chrono::seconds(2);

/// The real runner. The keeper process is launched by the first start(); should it die (somebody
/// killed it), its programs are reported as killed and the next start() launches another.
class Keeper final : public ProcessRunner {
 public:
  explicit Keeper(asio::any_io_executor executor);
  /// stop() must have been awaited if anything was started.
  ~Keeper() override;

  /// Waits until nothing is left of an earlier process that worked with the same lock file: when
  /// that was killed, its keeper and programs live on for their grace, with their ports. To be
  /// called before the first start(), if at all. Fails as lock_for_keeper() does.
  asio::awaitable<Result<void>> take_over(Clock& clock, std::filesystem::path lock);

  asio::awaitable<Result<Process>> start(ProcessSpec spec, ExitCallback on_exit) override;
  void signal(uint64_t id, int number) override;

  /// Ends every descendant (SIGTERM, kKeeperGrace, SIGKILL) and the keeper, and waits for it. No
  /// exit callback runs from here on, and start() fails with Cancelled.
  asio::awaitable<void> stop();

 private:
  class Link;
  std::unique_ptr<Link> link_;
};

}  // namespace sluice::local
