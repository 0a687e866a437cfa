#pragma once

// What a release costs the API server: each mutating request of the controller, by kind and by
// cause, events and the Lease aside. Pods and gateways of these worlds act within a quarter of a
// second, so that what a controller writes meanwhile is not hidden by waiting.

#include "tests/controller/controller_world.h"

#include <string>
#include <vector>

namespace sluice::controller::test {

struct BilledWrite {
  std::string kind;   ///< "ReplicaSet", "Rollout status", …
  std::string name;   ///< "" of what was created.
  std::string cause;  ///< "a size", "a pause begins", …
  Duration at{};      ///< Since the release.
  std::string body;

  bool operator==(const BilledWrite&) const = default;
};

using Bill = std::vector<BilledWrite>;

/// 5 replicas through weights 10, 30, 50, 80 and 100 of an nginx Ingress, each with a pause.
Bill bill_of_routed_canary();
/// 3 replicas behind an active and a preview Service, with a pause before the switch.
Bill bill_of_blue_green();
/// One replica: 20, pause, 50, pause, 100, by numbers of pods.
Bill bill_of_plain_canary();

/// "HTTPRoute 6, ReplicaSet 8, …"
std::string by_kind(const Bill& bill);

/// A write that says the same as the one before it to the same object; "" where there is none.
std::string repeated(const Bill& bill);

/// A line for each kind and cause, with their number.
std::string itemised(const Bill& bill);

}  // namespace sluice::controller::test
