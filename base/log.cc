#include "base/log.h"

namespace sluice {
namespace {

std::shared_ptr<LogSink>& installed_sink() {
  static std::shared_ptr<LogSink> sink;
  return sink;
}

}  // namespace

void set_log_sink(std::shared_ptr<LogSink> sink) {
  installed_sink() = std::move(sink);
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  LogSink* sink = installed_sink().get();
  if (sink != nullptr && sink->enabled(level)) sink->write(level, message, fields);
}

void log_debug(std::string_view message, std::initializer_list<LogField> fields) {
  log(LogLevel::Debug, message, fields);
}

void log_info(std::string_view message, std::initializer_list<LogField> fields) {
  log(LogLevel::Info, message, fields);
}

void log_warn(std::string_view message, std::initializer_list<LogField> fields) {
  log(LogLevel::Warn, message, fields);
}

void log_error(std::string_view message, std::initializer_list<LogField> fields) {
  log(LogLevel::Error, message, fields);
}

}  // namespace sluice
