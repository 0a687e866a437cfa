#include "server/refusal_log.h"

#include "base/log.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <memory>
#include <string>
#include <vector>

namespace sluice::server {
namespace {

using namespace std::chrono_literals;

class LinesSink : public LogSink {
 public:
  bool enabled(LogLevel) const override { return true; }

  void write(LogLevel, std::string_view message, std::initializer_list<LogField> fields) override {
    std::string line(message);
    for (const LogField& field : fields) line += fmt::format(" {}={}", field.key, field.value);
    lines.push_back(std::move(line));
  }

  std::vector<std::string> lines;
};

TEST_CASE("of many refusals a line now and then tells, with how many came before",
          "[refusal_log]") {
  const auto sink = std::make_shared<LinesSink>();
  set_log_sink(sink);
  RefusalLog log;
  const SteadyTime start = SteadyTime{} + 1h;
  for (int i = 0; i < 1000; ++i)
    log.note(start + i * 1ms, "192.0.2.1", "/v1/rollouts/a/b/release", "no token");
  log.note(start + kRefusalLogEvery, "192.0.2.2", "/" + std::string(100'000, 'x'), "no token");
  set_log_sink(nullptr);
  REQUIRE(sink->lines.size() == 2);
  CHECK(sink->lines[0] ==
        "webhook request refused peer=192.0.2.1 path=/v1/rollouts/a/b/release reason=no token "
        "before=0");
  CHECK(sink->lines[1].size() < 300);
  CHECK_THAT(sink->lines[1], Catch::Matchers::EndsWith(" before=999"));
}

}  // namespace
}  // namespace sluice::server
