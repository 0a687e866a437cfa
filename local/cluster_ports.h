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

/// The recorded ports, or zeros where there is no file. Invalid where it is unreadable.
Result<ClusterPorts> read_ports(const std::filesystem::path& file);
Result<void> write_ports(const std::filesystem::path& file, const ClusterPorts& ports);

/// A TCP port that nobody listens on at that address now.
Result<uint16_t> free_port(const std::string& address);

}  // namespace sluice::local
