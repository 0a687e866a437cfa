#pragma once

// What the tests with real processes share: a temporary folder, an event loop with a deadline, and
// looking at processes.

#include "base/result.h"
#include "net/event_loop.h"

#include <boost/asio/awaitable.hpp>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

namespace sluice::local {

namespace asio = boost::asio;

/// How long a test waits for something that must come.
inline constexpr Duration kGenerous = std::chrono::seconds(30);

/// A folder that goes away with the value.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path path() const { return path_; }

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  /// Writes a file, with its folders; a text that starts with "#!" becomes executable.
  std::filesystem::path write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

/// The whole file, or "" where there is none.
std::string read_file(const std::filesystem::path& path);

/// Waits until `condition` holds, looking often; after kGenerous the test fails, saying `what` it
/// waited for.
asio::awaitable<void> eventually(Clock& clock, std::string what, std::function<bool()> condition);
/// The same without a loop.
void eventually(const std::string& what, const std::function<bool()>& condition);

/// True while a process of that id exists and is no zombie.
bool is_running(int pid);

/// Runs `main` on a loop of its own.
void run_on_loop(const std::function<asio::awaitable<int>(net::EventLoop&)>& main);

}  // namespace sluice::local
