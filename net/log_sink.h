#pragma once

// The process's LogSink: lines on standard error, for people or for collectors. spdlog stays in the
// source file.

#include "base/log.h"
#include "base/result.h"

#include <memory>
#include <string_view>

namespace sluice::net {

enum class LogFormat {
  Text,  ///< `2026-01-02T03:04:05.678Z info  message key=value key="a value"`
  Json,  ///< One object a line: time, level, message, then the fields in order.
};

/// Writes lines of `least` and worse; safe to use from any thread.
std::shared_ptr<LogSink> make_log_sink(LogFormat format, LogLevel least);

/// The line without its end, as the sink writes it: for tests and other outlets.
std::string format_log_line(LogFormat format, LogLevel level, std::string_view time,
                            std::string_view message, std::initializer_list<LogField> fields);

/// "debug", "info", "warn", "error".
Result<LogLevel> parse_log_level(std::string_view text);
/// "text", "json".
Result<LogFormat> parse_log_format(std::string_view text);

}  // namespace sluice::net
