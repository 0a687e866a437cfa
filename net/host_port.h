#pragma once

// "HOST:PORT", as people write where something listens.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::net {

struct HostPort {
  std::string host;  ///< IPv6 addresses without brackets.
  uint16_t port = 0;

  bool operator==(const HostPort&) const = default;
};

/// Reads "127.0.0.1:8080" or "[::1]:8080". Invalid quotes the text.
Result<HostPort> parse_host_port(std::string_view text);

/// As it stands in a URL: IPv6 addresses in brackets (RFC 3986, 3.2.2).
std::string to_string(const HostPort& address);

}  // namespace sluice::net
