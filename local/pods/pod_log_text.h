#pragma once

// The text of log files: lines that begin with a time stamp, in a file and the one turned over
// before it.

#include "base/time.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::local {

/// Turns stored lines into what is asked for. Pure.
class LogLines {
 public:
  LogLines(bool timestamps, std::optional<SystemTime> since);

  /// Takes raw bytes in and gives back what they make of whole lines.
  std::string take(std::string_view bytes);
  /// What is left of a last line without an end.
  std::string finish();

 private:
  void append_line(std::string& out, std::string_view line) const;

  bool timestamps_;
  std::string since_;  ///< As in a stamp, without the 'Z'; "" for all.
  std::string open_line_;
};

/// Reads a log on and on, over the file being turned over meanwhile.
class LogFileReader {
 public:
  /// Starts at the last `tail_lines` lines, or at the beginning.
  LogFileReader(std::filesystem::path path, std::optional<int64_t> tail_lines);
  ~LogFileReader();
  LogFileReader(const LogFileReader&) = delete;
  LogFileReader& operator=(const LogFileReader&) = delete;

  /// The next bytes; "" where the log ends now.
  std::string read();

 private:
  bool open(const std::filesystem::path& path, int64_t offset);
  /// True when the path names another file than the open one.
  bool was_turned_over() const;

  std::filesystem::path path_;
  int file_ = -1;
  bool reading_old_ = false;
};

}  // namespace sluice::local
