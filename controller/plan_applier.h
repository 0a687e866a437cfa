#pragma once

// Applies the engine's actions to the cluster, in their order, and lets the watch caches learn each
// answer, so that the next plan sees what was done.

#include "controller/cluster_view.h"
#include "controller/object_writer.h"
#include "controller/snapshot_builder.h"
#include "engine/plan.h"
#include "kube/object_store.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::controller {

class PlanApplier {
 public:
  /// All must outlive the applier.
  PlanApplier(kube::ObjectStore& store, kube::WriteLine& line, ClusterView& view)
      : store_(store),
        line_(line),
        writer_(store, line),
        retreat_writer_(store, line, ObjectWriter::Rank::Retreat),
        view_(view) {}

  struct Target {
    Owner owner;         ///< The Rollout, to its objects.
    RolloutPtr rollout;  ///< What was planned from.
    const Routers* routers = nullptr;
    /// The Rollout's resource version; moves on when an action writes to the Rollout.
    std::string* version = nullptr;
    /// The plan takes traffic away: its writes to routes and Services pass all others.
    bool retreats = false;
  };

  struct Applied {
    Result<void> routes;  ///< The last failure of a router.
    Result<void> rest;    ///< The failure that ended the application.
    /// The API server's sentence where it refuses the pod template of a new ReplicaSet.
    std::optional<Error> refused;
    std::vector<engine::Action> done;  ///< Those that did not fail.
    /// Why a pod was not evicted for now, by its uid: that holds up nothing else.
    std::map<std::string, std::string> not_evicted;
  };

  /// The first failure ends it, except that of a router (engine/plan.h). Conflict: somebody wrote
  /// first, plan again.
  kube::Awaitable<Applied> apply(Target target, std::vector<engine::Action> actions);

  /// The ReplicaSet as the API server would make it. Invalid: it refuses it, with its sentence; any
  /// other error leaves the question open.
  kube::Awaitable<Result<kube::Object>> try_replica_set(Owner owner,
                                                        engine::CreateReplicaSet action);

  /// Writes the status where it differs from the one that was planned from, onto that version of
  /// the Rollout. Conflict: the Rollout changed meanwhile, plan again; the caches know the newer
  /// state then.
  kube::Awaitable<Result<void>> write_status(RolloutPtr rollout, crds::RolloutStatus status,
                                             std::string version);

 private:
  using Done = kube::Awaitable<Result<void>>;

  /// Tries all routers, also after one that failed: traffic that can be taken back is.
  Done apply_one(Target target, engine::SetTraffic action);
  /// What a router wants to change in the objects that it is shown.
  using Render =
      std::function<Result<std::vector<traffic::ObjectChange>>(const traffic::FindObject& find)>;

  /// Asks for the changes anew where one of them met somebody else's edit.
  Done write_rendered(Target target, Render render);
  /// Makes a subset select a revision, or none in particular where `hash` is "".
  Done select(Target target, std::string side, std::string hash);
  Done write_object(Target target, traffic::ObjectChange change);
  Done apply_one(Target target, engine::PointService action);
  Done apply_one(Target target, engine::ReleaseService action);
  Done apply_one(Target target, engine::CreateReplicaSet action);
  Done apply_one(Target target, engine::PatchReplicaSet action);
  Done apply_one(Target target, engine::CreateAnalysisRun action);
  Done apply_one(Target target, engine::TerminateAnalysisRun action);
  Done apply_one(Target target, engine::DeleteAnalysisRun action);
  Done apply_one(Target target, engine::DeleteReplicaSet action);
  Done apply_one(Target target, engine::AnnotateRollout action);
  Done apply_one(Target target, engine::PatchPod action);
  Done apply_one(Target target, engine::EvictPod action);

  /// For what decides where requests go.
  ObjectWriter& traffic_writer(const Target& target) {
    return target.retreats ? retreat_writer_ : writer_;
  }

  Done patch(ObjectWriter& writer, kube::WatchCache& cache, ObjectKey key, kube::PatchType type,
             std::string body, kube::PatchOptions options);

  kube::ObjectStore& store_;
  kube::WriteLine& line_;
  ObjectWriter writer_;
  ObjectWriter retreat_writer_;
  ClusterView& view_;
};

}  // namespace sluice::controller
