#pragma once

// Pure: pods as Prometheus' HTTP service discovery wants them, with the meta labels of its own
// kubernetes_sd_configs role "pod", so that relabelling written for a cluster works unchanged.
// Debian's Prometheus is built without that role.

#include "base/json.h"

#include <string>
#include <vector>

namespace sluice::local {

/// The body for `http_sd_configs`: one target group for each declared port of each container, or
/// one without a port for a container that declares none. Pods without an address, and those that
/// have ended, have no targets. As with the role, readiness is a label and no condition.
std::string prometheus_targets(const std::vector<JsonText>& pods);

}  // namespace sluice::local
