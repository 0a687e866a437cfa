#pragma once

// What a snapshot means: which revisions there are, how the strategy conducts an update, what the
// routers do now. Derived once per plan; every later decision reads it.

#include "engine/conduct.h"
#include "engine/revisions.h"
#include "engine/snapshot.h"

#include <cstdint>
#include <span>
#include <string>

namespace sluice::engine {

/// What the routers together do now.
struct TrafficNow {
  bool routed = false;  ///< The strategy has traffic routing.
  /// The largest and the smallest canary weight that their objects hold. A router that holds none
  /// counts as the whole (for `most`) and as nothing (for `least`).
  int64_t most = 0;
  int64_t least = 0;
  bool known = false;    ///< Each of them holds a weight.
  bool pending = false;  ///< One of them has not confirmed its objects, or cannot be read.

  /// The most that a former canary Service still has; and whether that is not confirmed.
  int64_t former = 0;
  bool former_pending = false;

  /// Nothing is left of what was routed before the spec named other routers or Services.
  bool former_returned() const { return former == 0 && !former_pending; }

  /// True where every router is known to send exactly this weight to the canary.
  bool confirms(int64_t weight) const { return !pending && most == weight && least == weight; }
};

struct Facts : Revisions {
  const Snapshot* snapshot = nullptr;
  Conduct conduct;
  int64_t replicas = 1;  ///< spec.replicas
  int64_t total = 100;   ///< The weight of all traffic.
  TrafficNow traffic;

  SystemTime now() const { return snapshot->now; }

  const crds::Rollout& rollout() const { return snapshot->rollout; }

  const crds::RolloutStatus& before() const { return snapshot->rollout.status; }

  std::span<const crds::Step> steps() const { return conduct.steps; }

  int32_t step_count() const { return static_cast<int32_t>(conduct.steps.size()); }

  /// The ReplicaSet with that hash label, or null.
  const ReplicaSet* find(const std::string& with_hash) const;

  /// The Service of that name; one that does not exist where it is missing or unnamed.
  const Service& service(const std::string& name) const { return snapshot->service(name); }

  /// A Service is named, and is not there.
  bool lacks(const std::string& name) const;

  const Service& serving_service() const { return service(conduct.serving_service); }

  const Service& trying_service() const { return service(conduct.trying_service); }

  /// Who asks for the stable revision, by the name of either, is led to the one with that hash.
  bool serves(const std::string& hash) const;

  /// The same of the current revision.
  bool tries(const std::string& hash) const;
};

/// Reads a snapshot whose Rollout has a strategy and a pod template.
Facts read_facts(const Snapshot& snapshot, Current current = Current::FromSpec);

}  // namespace sluice::engine
