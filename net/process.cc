#include "net/process.h"

#include "base/log.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <malloc.h>
#include <sys/resource.h>

namespace sluice::net {

void raise_open_file_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) == 0) return;
  }
  log_warn("the limit of open files cannot be raised", {{"error", std::strerror(errno)}});
}

void ignore_broken_pipes() {
  std::signal(SIGPIPE, SIG_IGN);
}

void return_freed_memory() {
  malloc_trim(0);
}

}  // namespace sluice::net
