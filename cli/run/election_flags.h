#pragma once

// The options of `sluice controller` that say whose objects it manages and who else may: scope,
// election, and the controller of Argo Rollouts.

#include "base/result.h"
#include "cli/run/controller_process.h"
#include "kube/login.h"

#include <string>

namespace CLI {
class App;
}

namespace sluice::cli {

struct ElectionFlags {
  bool elect = true;
  std::string lease_namespace;
  kube::ElectionOptions times;
  std::string argo_namespace;  ///< Empty: "argo-rollouts", or the one namespace.
  bool ignore_argo = false;
  std::string instance_id;
  bool namespaced = false;
};

void add_election_flags(CLI::App& command, ElectionFlags& flags);

/// Scope and election of `options` as the flags and the login say. `explicit_namespace`: that of
/// -n; empty where it was not given. Invalid: the times of the election leave no room.
Result<void> apply_election_flags(const ElectionFlags& flags, const kube::Login& login,
                                  const std::string& explicit_namespace,
                                  ControllerOptions& options);

/// "sluice-controller", or with the instance's id behind it.
std::string lease_name(const std::string& instance_id);
/// What Argo Rollouts' controller of that instance calls its own.
std::string argo_lease_name(const std::string& instance_id);

}  // namespace sluice::cli
