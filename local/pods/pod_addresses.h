#pragma once

// Addresses of pods: one each out of 127.64.0.0/10, all of which are the loopback interface on
// Linux. An address that was given back is the last to be given out again.

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace sluice::local {

class PodAddresses {
 public:
  /// Whether somebody outside (another local cluster on this machine) uses the address.
  using InUse = std::function<bool(const std::string& address)>;

  /// Addresses are given out upwards from a place that depends on `seed`, so that two clusters on
  /// one machine seldom meet.
  PodAddresses(uint32_t seed, InUse in_use);

  /// The next free address. Nothing when all four million are taken.
  std::optional<std::string> acquire();
  /// Marks an address that a pod already has. False where it is not ours or taken.
  bool adopt(std::string_view address);
  void release(std::string_view address);

 private:
  uint32_t next_;
  InUse in_use_;
  std::set<uint32_t> taken_;
};

}  // namespace sluice::local
