#pragma once

// What the keeper and its client say to each other over their socket: frames of a length and a
// body in the machine's byte order. Both ends are the same executable, so there are no versions.

#include "local/processes/keeper.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sluice::local {

struct StartRequest {
  uint64_t id = 0;
  ProcessSpec spec;
};

struct SignalRequest {
  uint64_t id = 0;
  int number = 0;
};

using KeeperRequest = std::variant<StartRequest, SignalRequest>;

struct StartedReport {
  uint64_t id = 0;
  int pid = 0;
  int error = 0;  ///< An errno; 0: it runs.
};

struct ExitedReport {
  uint64_t id = 0;
  ProcessExit exit;
};

using KeeperReport = std::variant<StartedReport, ExitedReport>;

/// A whole frame, ready to send.
std::string encode_request(const KeeperRequest& request);
std::string encode_report(const KeeperReport& report);

/// Reads the body of a frame; nothing where it is malformed.
std::optional<KeeperRequest> decode_request(std::string_view body);
std::optional<KeeperReport> decode_report(std::string_view body);

/// The longest body: arguments and environment of one program.
inline constexpr uint32_t kKeeperFrameMax = 8 * 1024 * 1024;

/// Puts received bytes together to frames.
class FrameBuffer {
 public:
  void append(std::string_view bytes) { bytes_.append(bytes); }

  /// The body of the next whole frame, or nothing yet.
  std::optional<std::string> next();

  /// True once a length over kKeeperFrameMax was announced: the stream cannot be read on.
  bool broken() const { return broken_; }

 private:
  std::string bytes_;
  bool broken_ = false;
};

}  // namespace sluice::local
