#include "local/store/database_reserve.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace sluice::local {

bool DatabaseReserve::make() {
  if (held_ || path_.empty()) return true;
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return false;
  struct statvfs disk{};
  const bool roomy = ::fstatvfs(file, &disk) == 0 &&
                     static_cast<int64_t>(disk.f_bavail * disk.f_frsize) >= 2 * kReserveBytes;
  held_ = roomy && ::posix_fallocate(file, 0, kReserveBytes) == 0;
  ::close(file);
  if (!held_) ::unlink(path_.c_str());
  return held_;
}

void DatabaseReserve::release() {
  if (!path_.empty()) ::unlink(path_.c_str());
  held_ = false;
}

}  // namespace sluice::local
