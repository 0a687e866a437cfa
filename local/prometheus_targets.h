#pragma once

// Pods as Prometheus' HTTP service discovery wants them, with the meta labels of its own
// kubernetes_sd_configs role "pod", so that relabelling written for a cluster works unchanged.
// Debian's Prometheus is built without that role.

#include "base/json.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::local {

/// The body for `http_sd_configs`: one target group for each declared port of each container, or
/// one without a port for a container that declares none. Pods without an address, and those that
/// have ended, have no targets. As with the role, readiness is a label and no condition.
class PrometheusTargets {
 public:
  /// What was rendered of a pod last time is used again while its text is the same one: Prometheus
  /// asks often, and parsing a full node holds up the loop.
  std::string render(const std::vector<JsonText>& pods);

  /// Renders one pod that the next render() will ask for: so that the loop can have turns between.
  void prepare(const JsonText& pod) { groups_of(pod); }

 private:
  const std::string& groups_of(const JsonText& pod);

  /// By the pod's text, while anybody else has that: its groups, between commas.
  std::map<JsonText, std::string> rendered_;
};

}  // namespace sluice::local
