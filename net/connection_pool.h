#pragma once

// ConnectionPool: connections that carried an answer to its end and wait for the next request to
// the same place. Bounded in number and age.

#include "net/http_wire.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::net {

class ConnectionPool {
 public:
  static constexpr size_t kIdlePerPlaceMax = 64;
  static constexpr size_t kIdleMax = 256;
  /// Shorter than the idle deadline of common servers and load balancers.
  static constexpr Duration kIdleAgeMax = std::chrono::seconds(50);

  /// The youngest connection to `place` that still looks alive, or nothing.
  std::optional<Wire> take(const std::string& place, SteadyTime now);
  /// Keeps the wire, or closes it where the pool is full or it has unread input.
  void put(const std::string& place, Wire wire, SteadyTime now);
  /// Closes all that wait for `place`: where one of them failed the others are most likely dead as
  /// well, and each could cost seconds to find out.
  void drop(const std::string& place);

  size_t size() const { return size_; }

 private:
  struct Idle {
    Wire wire;
    SteadyTime since;
  };

  void drop_old(SteadyTime now);

  std::map<std::string, std::vector<Idle>> idle_;
  size_t size_ = 0;
};

}  // namespace sluice::net
