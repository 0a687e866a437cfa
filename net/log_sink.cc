#include "net/log_sink.h"

#include "base/json.h"
#include "base/time.h"
#include "net/real_clock.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <string>

namespace sluice::net {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warn:
      return "warn";
    case LogLevel::Error:
      return "error";
  }
  return "error";
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warn:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// Bare where no reader could take its end for something else; otherwise a JSON string.
std::string quote_for_text(std::string_view value) {
  const bool plain = !value.empty() && std::ranges::all_of(value, [](unsigned char c) {
    return std::isgraph(c) != 0 && c != '"' && c != '=' && c != '\\';
  });
  return plain ? std::string(value) : dump_json(Json(value));
}

std::string format_text(LogLevel level, std::string_view time, std::string_view message,
                        std::initializer_list<LogField> fields) {
  std::string line = fmt::format("{} {:<5} {}", time, name_of(level), message);
  for (const LogField& field : fields)
    line += fmt::format(" {}={}", field.key, quote_for_text(field.value));
  return line;
}

std::string format_json(LogLevel level, std::string_view time, std::string_view message,
                        std::initializer_list<LogField> fields) {
  std::string line = fmt::format(R"({{"time":{},"level":{},"message":{})", dump_json(Json(time)),
                                 dump_json(Json(name_of(level))), dump_json(Json(message)));
  for (const LogField& field : fields)
    line += fmt::format(",{}:{}", dump_json(Json(field.key)), dump_json(Json(field.value)));
  return line + "}";
}

class SpdlogSink : public LogSink {
 public:
  SpdlogSink(LogFormat format, LogLevel least)
      : format_(format),
        least_(least),
        logger_("sluice", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_pattern("%v");
    logger_.set_level(to_spdlog(least));
    logger_.flush_on(spdlog::level::debug);
  }

  bool enabled(LogLevel level) const override { return level >= least_; }

  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) override {
    const std::string time = format_time_milli(real_system_now());
    logger_.log(to_spdlog(level),
                spdlog::string_view_t(format_log_line(format_, level, time, message, fields)));
  }

 private:
  static std::string format_time_milli(SystemTime time) {
    // format_time_micro ends in "123456Z": three digits fewer are enough here.
    std::string text = format_time_micro(time);
    text.erase(text.size() - 4, 3);
    return text;
  }

  LogFormat format_;
  LogLevel least_;
  spdlog::logger logger_;
};

}  // namespace

std::string format_log_line(LogFormat format, LogLevel level, std::string_view time,
                            std::string_view message, std::initializer_list<LogField> fields) {
  switch (format) {
    case LogFormat::Text:
      return format_text(level, time, message, fields);
    case LogFormat::Json:
      return format_json(level, time, message, fields);
  }
  return {};
}

std::shared_ptr<LogSink> make_log_sink(LogFormat format, LogLevel least) {
  return std::make_shared<SpdlogSink>(format, least);
}

Result<LogLevel> parse_log_level(std::string_view text) {
  for (const LogLevel level : {LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error})
    if (text == name_of(level)) return level;
  return fail(invalid(fmt::format("log level '{}': must be debug, info, warn or error", text)));
}

Result<LogFormat> parse_log_format(std::string_view text) {
  if (text == "text") return LogFormat::Text;
  if (text == "json") return LogFormat::Json;
  return fail(invalid(fmt::format("log format '{}': must be text or json", text)));
}

}  // namespace sluice::net
