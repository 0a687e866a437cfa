#include "net/host_port.h"

#include "base/whole_number.h"

#include <fmt/core.h>

#include <optional>

namespace sluice::net {
namespace {

/// The host without its brackets; none where they, or colons, are out of place.
std::optional<std::string_view> bare_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    const std::string_view inner = host.substr(1, host.size() - 2);
    return inner.find(':') == std::string_view::npos ? std::nullopt : std::optional(inner);
  }
  return host.empty() || host.find_first_of(":[]") != std::string_view::npos ? std::nullopt
                                                                             : std::optional(host);
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const auto host = bare_host(text.substr(0, colon));
    const auto port = whole_number<uint16_t>(text.substr(colon + 1));
    if (host && port) return HostPort{std::string(*host), *port};
  }
  return fail(invalid(
      fmt::format("\"{}\": expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080", text)));
}

std::string to_string(const HostPort& address) {
  if (address.host.find(':') != std::string::npos)
    return fmt::format("[{}]:{}", address.host, address.port);
  return fmt::format("{}:{}", address.host, address.port);
}

}  // namespace sluice::net
