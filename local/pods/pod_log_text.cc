#include "local/pods/pod_log_text.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace sluice::local {

namespace {

constexpr size_t kStampLength = std::string_view("2026-01-02T03:04:05.123456789Z").size();
constexpr size_t kReadBytes = 64 * 1024;

bool has_stamp(std::string_view line) {
  return line.size() > kStampLength && line[kStampLength - 1] == 'Z' && line[kStampLength] == ' ' &&
         line[10] == 'T';
}

/// Where the last `lines` lines of a file begin; `lines` is lowered by those that it has.
int64_t tail_offset(const std::filesystem::path& path, int64_t& lines) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  struct stat status{};
  fstat(file, &status);
  std::string block(kReadBytes, '\0');
  int64_t end = status.st_size;
  while (end > 0) {
    const int64_t begin = std::max<int64_t>(0, end - static_cast<int64_t>(kReadBytes));
    const ssize_t size = pread(file, block.data(), static_cast<size_t>(end - begin), begin);
    for (ssize_t at = size - 1; at >= 0; --at) {
      const bool last_byte = begin + at == status.st_size - 1;
      if (block[static_cast<size_t>(at)] == '\n' && !last_byte && --lines == 0) {
        close(file);
        return begin + at + 1;
      }
    }
    end = begin;
  }
  close(file);
  lines -= status.st_size > 0 ? 1 : 0;  // The first line has no newline before it.
  return 0;
}

}  // namespace

LogLines::LogLines(bool timestamps, std::optional<SystemTime> since) : timestamps_(timestamps) {
  if (since) {
    since_ = format_time_micro(*since);
    since_.pop_back();
  }
}

std::string LogLines::take(std::string_view bytes) {
  std::string out;
  while (true) {
    const size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) {
      open_line_ += bytes;
      return out;
    }
    open_line_ += bytes.substr(0, newline + 1);
    append_line(out, open_line_);
    open_line_.clear();
    bytes.remove_prefix(newline + 1);
  }
}

std::string LogLines::finish() {
  std::string out;
  append_line(out, open_line_);
  open_line_.clear();
  return out;
}

void LogLines::append_line(std::string& out, std::string_view line) const {
  if (!has_stamp(line))
    out += line;
  else if (since_.empty() || line.substr(0, kStampLength) >= since_)
    out += timestamps_ ? line : line.substr(kStampLength + 1);
}

LogFileReader::LogFileReader(std::filesystem::path path, std::optional<int64_t> tail_lines)
    : path_(std::move(path)) {
  const std::filesystem::path old = path_.string() + ".1";
  int64_t lines = tail_lines.value_or(0);
  const int64_t offset = tail_lines && lines > 0 ? tail_offset(path_, lines) : 0;
  if (tail_lines && *tail_lines <= 0) {
    open(path_, -1);
    return;
  }
  const bool wants_old = !tail_lines || lines > 0;
  if (wants_old && open(old, tail_lines ? tail_offset(old, lines) : 0)) {
    reading_old_ = true;
    return;
  }
  open(path_, offset);
}

LogFileReader::~LogFileReader() {
  if (file_ >= 0) close(file_);
}

std::string LogFileReader::read() {
  std::string bytes(kReadBytes, '\0');
  while (true) {
    const ssize_t size = file_ < 0 ? 0 : ::read(file_, bytes.data(), bytes.size());
    if (size > 0) {
      bytes.resize(static_cast<size_t>(size));
      return bytes;
    }
    if (!std::exchange(reading_old_, false) && !was_turned_over()) return {};
    if (!open(path_, 0)) return {};
  }
}

bool LogFileReader::open(const std::filesystem::path& path, int64_t offset) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  if (file_ >= 0) close(file_);
  file_ = file;
  lseek(file_, std::max<int64_t>(offset, 0), offset < 0 ? SEEK_END : SEEK_SET);
  return true;
}

bool LogFileReader::was_turned_over() const {
  struct stat ours{};
  struct stat named{};
  if (stat(path_.c_str(), &named) != 0) return false;
  return file_ < 0 || fstat(file_, &ours) != 0 || ours.st_ino != named.st_ino;
}

}  // namespace sluice::local
