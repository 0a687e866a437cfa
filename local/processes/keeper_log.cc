#include "local/processes/keeper_log.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::local {

namespace {

/// At most this much is moved in one go, so that one chatty program does not starve the others.
constexpr int kReadsPerPump = 16;
constexpr size_t kReadBytes = 64 * 1024;

std::string time_stamp() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  char text[64];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + length, sizeof text - length, ".%09ldZ ", now.tv_nsec);
  return text;
}

}  // namespace

LogPump::LogPump(int pipe, ProcessLog log) : pipe_(pipe), log_(std::move(log)) {
  fcntl(pipe_, F_SETFL, fcntl(pipe_, F_GETFL) | O_NONBLOCK);
  open_file();
}

LogPump::~LogPump() {
  close(pipe_);
  if (file_ >= 0) close(file_);
}

bool LogPump::pump() {
  static char buffer[kReadBytes];  // The keeper has one thread.
  for (int i = 0; i < kReadsPerPump; ++i) {
    const ssize_t size = read(pipe_, buffer, sizeof buffer);
    if (size > 0)
      write_out(buffer, static_cast<size_t>(size));
    else if (size == 0)
      return false;
    else if (errno != EINTR)
      return errno == EAGAIN;
  }
  return true;
}

void LogPump::write_out(const char* bytes, size_t size) {
  std::string out;
  out.reserve(size + 256);
  const char* const end = bytes + size;
  while (bytes < end) {
    if (at_line_start_ && log_.timestamps) out += time_stamp();
    const auto* newline = static_cast<const char*>(std::memchr(bytes, '\n', end - bytes));
    const char* const stop = newline == nullptr ? end : newline + 1;
    out.append(bytes, stop);
    at_line_start_ = newline != nullptr;
    bytes = stop;
  }
  if (size_ > 0 && size_ + static_cast<int64_t>(out.size()) > log_.bytes_max) turn_over();
  for (size_t done = 0; file_ >= 0 && done < out.size();) {
    const ssize_t written = write(file_, out.data() + done, out.size() - done);
    if (written < 0 && errno != EINTR) return;  // A full disk loses log lines, never the program.
    done += written > 0 ? static_cast<size_t>(written) : 0;
    size_ += written > 0 ? written : 0;
  }
}

void LogPump::open_file() {
  file_ = open(log_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  struct stat status{};
  size_ = file_ >= 0 && fstat(file_, &status) == 0 ? status.st_size : 0;
}

void LogPump::turn_over() {
  if (file_ >= 0) close(file_);
  std::rename(log_.path.c_str(), (log_.path + ".1").c_str());
  open_file();
}

}  // namespace sluice::local
