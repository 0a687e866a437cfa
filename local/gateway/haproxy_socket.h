#pragma once

// HAProxy's run-time socket: one connection a command, as its protocol suggests for programs.

#include "base/clock.h"
#include "base/result.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>

namespace sluice::local {

namespace asio = boost::asio;

/// Where commands go. Tests script it.
class HaproxyCommands {
 public:
  virtual ~HaproxyCommands() = default;
  /// Sends one line, or several joined by "; ", or one with a payload, and returns all of the
  /// answer. Errors: Unavailable (no HAProxy there), Timeout.
  virtual asio::awaitable<Result<std::string>> run(std::string command) = 0;
};

/// From connecting to the last byte of an answer; what owes some in a row is started anew
/// (supervised_program.h).
inline constexpr Duration kHaproxyCommandDeadline = std::chrono::seconds(2);

class HaproxySocket final : public HaproxyCommands {
 public:
  /// `folder` may be longer than the 107 bytes that a socket's path may have. The clock must
  /// outlive this and its coroutines.
  HaproxySocket(asio::any_io_executor executor, Clock& clock, std::string folder, std::string file);

  asio::awaitable<Result<std::string>> run(std::string command) override;

 private:
  asio::any_io_executor executor_;
  Clock& clock_;
  std::string folder_;
  std::string file_;
};

}  // namespace sluice::local
