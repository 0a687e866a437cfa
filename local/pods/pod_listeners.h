#pragma once

// Who listens where on this machine, as the kernel says over netlink (sock_diag(7)). Its tables
// /proc/net/tcp would do as well, but they hold every connection too: reading them takes seconds
// where a gateway is busy.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

struct Listener {
  std::string address;  ///< "127.64.0.5", "0.0.0.0", "::".
  int port = 0;

  bool operator==(const Listener&) const = default;
};

/// All TCP listeners now; nothing where that cannot be known. Tests say themselves.
using ListenerSource = std::function<std::optional<std::vector<Listener>>()>;

std::optional<std::vector<Listener>> find_listeners();

/// What a person should know where nothing listens on `address`:`port`, naming the address where
/// something does; "" where all is well. Pure.
std::string describe_missing_listener(const std::vector<Listener>& listeners,
                                      const std::string& address, int port);

/// What a person should know where a program on `address` has ended and the end of its `log` says
/// that the address was in use, as that of one that binds to all addresses does where another pod
/// has the port; "" where it does not say that. Pure.
std::string describe_address_in_use(std::string_view log, const std::string& address);

}  // namespace sluice::local
