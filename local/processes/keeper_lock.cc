#include "local/processes/keeper_lock.h"

#include "local/processes/keeper_process.h"
#include "net/sleep.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace sluice::local {

namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(20);

/// Opens the file under a number that launching a keeper does not write over.
Result<int> open_lock(const std::filesystem::path& file) {
  const int low = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const int lock = low < 0 ? low : fcntl(low, F_DUPFD_CLOEXEC, kKeeperLock + 1);
  const int error = errno;
  if (low >= 0) close(low);
  if (lock < 0)
    return fail(internal(fmt::format("cannot open {}: {}", file.string(), std::strerror(error))));
  return lock;
}

/// Closes the descriptor unless it is given away.
class Holder {
 public:
  explicit Holder(int descriptor) : descriptor_(descriptor) {}

  ~Holder() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  int get() const { return descriptor_; }

  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

}  // namespace

boost::asio::awaitable<Result<int>> lock_for_keeper(Clock& clock, std::filesystem::path file) {
  const Result<int> opened = open_lock(file);
  if (!opened) co_return fail(opened.error());
  Holder lock(*opened);
  const SteadyTime deadline = clock.steady_now() + kKeeperLockMax;
  while (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (clock.steady_now() >= deadline) {
      co_return fail(unavailable(
          fmt::format("programs of an earlier run do not end: {} is still locked", file.string())));
    }
    co_await net::sleep_for(clock, kLookAgain);
  }
  co_return lock.release();
}

}  // namespace sluice::local
