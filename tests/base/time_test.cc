#include "base/time.h"

#include <catch2/catch.hpp>

#include <chrono>

namespace sluice {
namespace {

using namespace std::chrono_literals;

TEST_CASE("durations are read as Go and plain seconds", "[time]") {
  struct Row {
    const char* text;
    Duration expected;
  };

  const Row rows[] = {
      {"30", 30s},
      {"30s", 30s},
      {"5m", 5min},
      {"1h30m", 90min},
      {"1.5s", 1500ms},
      {"20ms", 20ms},
      {"1h0m0.5s", 1h + 500ms},
      {"0", 0s},
      {"-2s", -2s},
      {"10us", 10us},
      {"+3m", 3min},
      {".5s", 500ms},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto read = parse_duration(row.text);
    REQUIRE(read);
    CHECK(*read == row.expected);
  }
}

TEST_CASE("what is no duration is refused with its text", "[time]") {
  for (const char* text : {"", "s", "5x", "1h 30m", "five", "--1s", "1e3s", "30 s", "-", "1.2.3s",
                           "9999999999999h", "inf", "nan"}) {
    INFO(text);
    const auto read = parse_duration(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::Invalid);
    CHECK(read.error().message.find("is not a duration") != std::string::npos);
  }
}

TEST_CASE("durations are written as Go does", "[time]") {
  CHECK(format_duration(0s) == "0s");
  CHECK(format_duration(90min) == "1h30m0s");
  CHECK(format_duration(1500ms) == "1.5s");
  CHECK(format_duration(20ms) == "20ms");
  CHECK(format_duration(61s) == "1m1s");
  CHECK(format_duration(-5s) == "-5s");
  CHECK(format_duration(1us + 500ns) == "1.5\u00b5s");
}

TEST_CASE("times go through RFC 3339 and back", "[time]") {
  const auto time = parse_time("2026-02-28T23:59:58Z");
  REQUIRE(time);
  CHECK(format_time(*time) == "2026-02-28T23:59:58Z");
  CHECK(format_time(*parse_time("2026-03-01T00:59:58+01:00")) == "2026-02-28T23:59:58Z");
  CHECK(format_time_micro(*parse_time("2026-02-28T23:59:58.123456Z")) ==
        "2026-02-28T23:59:58.123456Z");
  for (const char* text : {"", "2026-02-30T00:00:00Z", "2026-02-28", "2026-02-28T00:00:00",
                           "2026-02-28T25:00:00Z", "yesterday", "2026-02-28T00:00:00Zz"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("times that nanoseconds cannot hold are refused", "[time]") {
  CHECK(parse_time("2261-12-31T23:59:59Z"));
  CHECK(parse_time("1678-01-01T00:00:00Z"));
  CHECK_FALSE(parse_time("2611-06-16T00:00:00Z"));
  CHECK_FALSE(parse_time("9999-12-31T23:59:59Z"));
  CHECK_FALSE(parse_time("0001-01-01T00:00:00Z"));
}

TEST_CASE("ages are short", "[time]") {
  CHECK(format_age(45s) == "45s");
  CHECK(format_age(119s) == "119s");
  CHECK(format_age(185s) == "3m5s");
  CHECK(format_age(47min) == "47m");
  CHECK(format_age(3h + 12min) == "3h12m");
  CHECK(format_age(50h) == "2d2h");
  CHECK(format_age(-5s) == "0s");
}

}  // namespace
}  // namespace sluice
