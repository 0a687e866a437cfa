#pragma once

// The ports of a cluster: chosen once, kept in its folder, so that kubeconfigs and scripts stay
// good over restarts.

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace sluice::local {

struct ClusterPorts {
  uint16_t api = 0;
  uint16_t gateway = 0;
  uint16_t prometheus = 0;

  bool operator==(const ClusterPorts&) const = default;
};

/// The recorded ports, or zeros where there is no file. Invalid names the file and what in it is no
/// record of ports.
Result<ClusterPorts> read_ports(const std::filesystem::path& file);
Result<void> write_ports(const std::filesystem::path& file, const ClusterPorts& ports);

/// The TCP port to use at that address: the one asked for; where that is 0 the recorded one, unless
/// there is none or somebody else listens on it by now; else a free one. Invalid where a port is to
/// be found and `address` is no IP address, Unavailable where there is none, or where somebody else
/// listens on the one that was asked for.
Result<uint16_t> choose_port(const std::string& address, uint16_t wanted, uint16_t recorded);

}  // namespace sluice::local
