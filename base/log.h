#pragma once

// Structured logging: a constant message and key-value fields. Rooms log through this interface;
// the sink (text or JSON on standard error) is installed once by the composition root.

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sluice {

enum class LogLevel { Debug, Info, Warn, Error };

struct LogField {
  std::string_view key;
  std::string value;
};

/// Where log lines go. Called on any thread; an implementation synchronises itself.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual bool enabled(LogLevel level) const = 0;
  virtual void write(LogLevel level, std::string_view message,
                     std::initializer_list<LogField> fields) = 0;
};

/// Installs the sink for the process; lines before that are dropped. Call before starting threads.
void set_log_sink(std::shared_ptr<LogSink> sink);

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
void log_debug(std::string_view message, std::initializer_list<LogField> fields = {});
void log_info(std::string_view message, std::initializer_list<LogField> fields = {});
void log_warn(std::string_view message, std::initializer_list<LogField> fields = {});
void log_error(std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace sluice
