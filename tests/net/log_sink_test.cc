#include "net/log_sink.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::net {
namespace {

constexpr const char* kTime = "2026-01-02T03:04:05.678Z";

TEST_CASE("JSON lines hold any value", "[log]") {
  const std::string line = format_log_line(LogFormat::Json, LogLevel::Warn, kTime, "a \"message\"",
                                           {{"key", "line\nbreak \xff"}, {"n", "1"}});
  CHECK(line.find('\n') == std::string::npos);
  const auto value = nlohmann::json::parse(line);
  CHECK(value.at("time") == kTime);
  CHECK(value.at("level") == "warn");
  CHECK(value.at("message") == "a \"message\"");
  CHECK(value.at("key") == "line\nbreak \xef\xbf\xbd");
  CHECK(value.at("n") == "1");
}

TEST_CASE("text lines quote what could be misread", "[log]") {
  CHECK(format_log_line(LogFormat::Text, LogLevel::Info, kTime, "started",
                        {{"port", "80"}, {"name", "a b"}, {"empty", ""}, {"quote", "\""}}) ==
        std::string(kTime) + R"( info  started port=80 name="a b" empty="" quote="\"")");
}

TEST_CASE("levels and formats are read by name", "[log]") {
  CHECK(parse_log_level("warn").value() == LogLevel::Warn);
  CHECK_FALSE(parse_log_level("loud"));
  CHECK(parse_log_format("json").value() == LogFormat::Json);
  CHECK_FALSE(parse_log_format("xml"));
}

TEST_CASE("the sink keeps quiet below its level", "[log]") {
  const auto sink = make_log_sink(LogFormat::Text, LogLevel::Warn);
  CHECK_FALSE(sink->enabled(LogLevel::Info));
  CHECK(sink->enabled(LogLevel::Warn));
}

}  // namespace
}  // namespace sluice::net
