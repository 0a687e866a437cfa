#pragma once

// Who listens where on this machine, from the kernel's tables /proc/net/tcp and tcp6.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

struct Listener {
  std::string address;  ///< "127.64.0.5", "0.0.0.0", "::".
  int port = 0;

  bool operator==(const Listener&) const = default;
};

/// Where the listeners of the moment come from; tests say themselves.
using ListenerSource = std::function<std::vector<Listener>()>;

/// Reads the text of one table; sockets in other states are left out. Pure.
std::vector<Listener> parse_listeners(std::string_view table);

/// All TCP listeners now.
std::vector<Listener> find_listeners();

/// What a person should know where nothing listens on `address`:`port`, naming the address where
/// something does; "" where all is well. Pure.
std::string describe_missing_listener(const std::vector<Listener>& listeners,
                                      const std::string& address, int port);

}  // namespace sluice::local
