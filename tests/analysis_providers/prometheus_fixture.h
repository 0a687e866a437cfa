#pragma once

// A real Prometheus of Debian's in a folder of its own, on a free port. It ends with the fixture.

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace sluice::analysis {

class PrometheusFixture {
 public:
  /// Scrapes itself each second, and what `scrape_configs` (a list in YAML) says.
  explicit PrometheusFixture(const std::string& scrape_configs = "");
  ~PrometheusFixture();
  PrometheusFixture(const PrometheusFixture&) = delete;
  PrometheusFixture& operator=(const PrometheusFixture&) = delete;

  /// "http://127.0.0.1:PORT"
  std::string address() const;

  /// Takes the processor from it: it goes on listening, and answers nothing from the return on (a
  /// thread that runs when the signal is sent may go on for a while). Until wake().
  void halt() const;
  void wake() const;

 private:
  void start();

  std::filesystem::path folder_;
  uint16_t port_ = 0;
  pid_t process_ = 0;
};

/// A port of 127.0.0.1 that nobody listens on right now.
uint16_t free_port();

}  // namespace sluice::analysis
