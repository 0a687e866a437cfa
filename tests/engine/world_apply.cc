// What the writes of a plan do to the world.

#include "tests/engine/world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::engine::test {
namespace {

template <typename Map>
void change_annotations(StringMap& annotations, const Map& changes) {
  for (const auto& [key, value] : changes)
    if (value)
      annotations[key] = *value;
    else
      annotations.erase(key);
}

/// What a router's objects answer that hold these routes.
std::function<bool(const crds::Routes&)> holding(crds::Routes held) {
  return [held = std::move(held)](const crds::Routes& asked) {
    return held.total == asked.total && held.header_routes == asked.header_routes &&
           held.mirror_routes == asked.mirror_routes &&
           held.canary().weight == asked.canary().weight;
  };
}

struct Applier {
  Snapshot& snapshot;

  ReplicaSet& find(const std::string& name) const {
    const auto found = std::find_if(snapshot.replica_sets.begin(), snapshot.replica_sets.end(),
                                    [&](const ReplicaSet& rs) { return rs.name == name; });
    REQUIRE(found != snapshot.replica_sets.end());
    return *found;
  }

  void operator()(const SetTraffic& action) const {
    const int64_t weight = action.routes.canary().weight;
    CHECK(weight + action.routes.stable().weight == action.routes.total);
    for (RouterObservation& router : snapshot.routers) {
      const bool changed = router.canary_weight != weight;
      router.canary_weight = weight;
      router.managed_routes.clear();
      for (const crds::HeaderRoute& route : action.routes.header_routes)
        router.managed_routes.insert(route.name);
      for (const crds::MirrorRoute& route : action.routes.mirror_routes)
        router.managed_routes.insert(route.name);
      router.in_place = holding(action.routes);
      if (changed && router.state == RouterState::Verified) router.state = RouterState::Pending;
    }
  }

  void operator()(const PointService& action) const {
    snapshot.services[action.name].selector_hash = action.hash;
    snapshot.services[action.name].managed_by = snapshot.rollout.meta.name;
  }

  void operator()(const ReleaseService& action) const {
    snapshot.services[action.name].selector_hash.clear();
    snapshot.services[action.name].managed_by.clear();
  }

  void operator()(const CreateReplicaSet& action) const {
    for (const ReplicaSet& other : snapshot.replica_sets) CHECK(other.name != action.name);
    ReplicaSet made{
        .name = action.name,
        .uid = "uid-" + action.name,
        .spec_replicas = action.replicas,
        .labels = action.labels,
        .annotations = action.annotations,
        .created_at = snapshot.now,
        .pod_template = action.pod_template,
        .template_digest = template_digest(*parse_json(*action.pod_template), action.annotations)};
    snapshot.replica_sets.push_back(std::move(made));
  }

  void operator()(const PatchReplicaSet& action) const {
    ReplicaSet& replica_set = find(action.name);
    change_annotations(replica_set.annotations, action.annotations);
    if (!action.template_patch.empty()) {
      Json pod_template = *parse_json(*replica_set.pod_template);
      apply_merge_patch(pod_template, *parse_json(action.template_patch));
      replica_set.pod_template = make_json_text(dump_json(pod_template));
    }
    if (!action.scale) return;
    CHECK(replica_set.spec_replicas == action.scale->from);
    replica_set.spec_replicas = action.scale->to;
  }

  void operator()(const DeleteReplicaSet& action) const {
    CHECK(find(action.name).spec_replicas == 0);
    std::erase_if(snapshot.replica_sets,
                  [&](const ReplicaSet& rs) { return rs.name == action.name; });
  }

  void operator()(const CreateAnalysisRun& action) const {
    for (const AnalysisRun& other : snapshot.analysis_runs) CHECK(other.name != action.name);
    snapshot.analysis_runs.push_back({.name = action.name,
                                      .uid = "uid-" + action.name,
                                      .labels = action.labels,
                                      .annotations = action.annotations,
                                      .created_at = snapshot.now});
  }

  void operator()(const TerminateAnalysisRun& action) const {
    for (AnalysisRun& run : snapshot.analysis_runs)
      if (run.name == action.name) run.terminate = true;
  }

  void operator()(const DeleteAnalysisRun& action) const {
    std::erase_if(snapshot.analysis_runs,
                  [&](const AnalysisRun& run) { return run.name == action.name; });
  }

  void operator()(const PatchPod& action) const {
    for (auto& [name, pods] : snapshot.pods) {
      for (Pod& pod : pods) {
        if (pod.uid != action.uid) continue;
        change_annotations(pod.labels, action.labels);
        change_annotations(pod.annotations, action.annotations);
      }
    }
  }

  /// Another pod of its ReplicaSet comes in its place.
  void operator()(const EvictPod& action) const {
    for (auto& [name, pods] : snapshot.pods) {
      for (Pod& pod : pods) {
        if (pod.uid != action.uid) continue;
        pod = {.name = pod.name + "+",
               .uid = pod.uid + "+",
               .labels = pod.labels,
               .created_at = snapshot.now};
      }
    }
  }

  void operator()(const AnnotateRollout& action) const {
    change_annotations(snapshot.rollout.meta.annotations, action.annotations);
  }
};

}  // namespace

void World::apply(const Action& action) {
  std::visit(Applier{snapshot}, action);
}

}  // namespace sluice::engine::test
