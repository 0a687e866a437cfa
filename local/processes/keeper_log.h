#pragma once

// One program's captured output: reads its pipe, stamps the lines, writes the log file and turns it
// over when it is full. Lives in the keeper process.

#include "local/processes/keeper.h"

#include <string>

namespace sluice::local {

class LogPump {
 public:
  /// Owns `pipe` (the reading end, made non-blocking here). A log file that cannot be opened
  /// discards the output, so that the program never blocks on it.
  LogPump(int pipe, ProcessLog log);
  ~LogPump();
  LogPump(const LogPump&) = delete;
  LogPump& operator=(const LogPump&) = delete;

  int pipe() const { return pipe_; }

  /// Moves what has come. False once every writer is gone.
  bool pump();

 private:
  void write_out(const char* bytes, size_t size);
  void open_file();
  void turn_over();

  int pipe_;
  ProcessLog log_;
  int file_ = -1;
  int64_t size_ = 0;
  bool at_line_start_ = true;
};

}  // namespace sluice::local
