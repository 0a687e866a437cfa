#pragma once

// From the watch caches to the engine's Snapshot of one Rollout.

#include "controller/analysis_checks.h"
#include "controller/cluster_view.h"
#include "engine/snapshot.h"
#include "traffic/router_registry.h"

#include <memory>
#include <set>
#include <vector>

namespace sluice::controller {

/// A router of the Rollout with the objects that it looks at.
using Routers = std::vector<std::shared_ptr<const traffic::Router>>;

struct Observed {
  engine::Snapshot snapshot;
  /// Former ones, then those of the spec in its order; one that could not be made is missing (see
  /// snapshot.problems).
  Routers routers;
  /// What the Rollout refers to: a change of any of these concerns it.
  std::set<traffic::ObjectRef> dependencies;
};

/// Has the kinds watched that the Rollout's routers read. Names those that have not been listed
/// yet,
/// "" where all are known: before that nothing is to be planned.
std::string unlisted_kinds(const crds::Rollout& rollout, ClusterView& view,
                           const traffic::RouterRegistry& registry);

/// What is known of a Rollout beside what the caches hold.
struct Remembered {
  std::set<ObjectKey> services{};  ///< They bear its name, whatever its spec says.
  crds::FieldProblems problems{};  ///< What else is wrong with it.
  traffic::AskedSince asked_since{};
};

/// Everything that the Rollout's next plan is made from.
Observed observe(const crds::Decoded<crds::Rollout>& rollout, ClusterView& view,
                 const traffic::RouterRegistry& registry, AnalysisChecks& checks, SystemTime now,
                 Remembered remembered);

/// Finds a router's object in the caches, parsed; what it returns lives as long as the finder.
class ObjectFinder {
 public:
  explicit ObjectFinder(ClusterView& view) : view_(view) {}

  traffic::FindObject finder();

 private:
  const Json* find(const traffic::ObjectRef& ref);

  ClusterView& view_;
  std::map<traffic::ObjectRef, std::shared_ptr<const Json>> parsed_;
};

}  // namespace sluice::controller
