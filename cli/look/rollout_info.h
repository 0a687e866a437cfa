#pragma once

// What a person wants to see of one Rollout: a header and the tree of its revisions, ReplicaSets,
// pods and analysis runs. Gathered from the API, pure from there on.

#include "crds/rollout.h"
#include "kube/object_store.h"
#include "verbs/verb_types.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::cli {

struct PodInfo {
  std::string name;
  std::string status;  ///< As kubectl's STATUS column: "Running", "CrashLoopBackOff", …
  SystemTime created_at{};
  int32_t containers = 0;
  int32_t ready_containers = 0;
  int32_t restarts = 0;
};

struct AnalysisRunInfo {
  std::string name;
  crds::AnalysisPhase phase = crds::AnalysisPhase::None;
  SystemTime created_at{};
  int32_t successful = 0;
  int32_t failed = 0;
  int32_t inconclusive = 0;
  int32_t error = 0;
  std::string message;
};

struct ReplicaSetInfo {
  std::string name;
  std::string hash;
  int64_t revision = 0;
  SystemTime created_at{};
  int32_t replicas = 0;  ///< spec.replicas
  int32_t available = 0;
  std::vector<std::string> images;
  bool canary = false;
  bool stable = false;
  bool active = false;   ///< The users of a blue-green Rollout have it.
  bool preview = false;  ///< It is behind the preview Service, and the users have another one.
  std::optional<SystemTime> scale_down_at;
  std::vector<PodInfo> pods;
};

struct RevisionInfo {
  int64_t number = 0;
  std::vector<ReplicaSetInfo> replica_sets;
  std::vector<AnalysisRunInfo> analysis_runs;
};

struct RolloutInfo {
  crds::Rollout rollout;
  std::vector<RevisionInfo> revisions;  ///< Newest first.
  /// What the Leases tell of who should act, where that matters (cli/look/lease_words.h); else "".
  std::string leases;
};

/// The objects that an info is made of.
struct RolloutObjects {
  kube::Object rollout;
  std::vector<kube::Object> replica_sets;  ///< Of the namespace; others are passed over.
  std::vector<kube::Object> pods;
  std::vector<kube::Object> analysis_runs;
};

/// A kind of which some objects may be a Rollout's, and how those are listed.
struct ListedKind {
  kube::Resource resource;
  kube::ListOptions where;
};

/// ReplicaSets, pods and analysis runs, in this order.
std::vector<ListedKind> kinds_around(const kube::Object& rollout);
/// `around` holds what was listed of each of those kinds.
RolloutObjects make_rollout_objects(kube::Object rollout,
                                    std::vector<std::vector<kube::Object>> around);

kube::Awaitable<Result<RolloutObjects>> read_rollout_objects(kube::ObjectStore& store,
                                                             ObjectKey key);

crds::Rollout decode_whole_rollout(const RolloutObjects& objects);
/// The Rollout's own ReplicaSets as the verbs see them.
std::vector<verbs::Revision> kept_revisions(const RolloutObjects& objects);

RolloutInfo make_rollout_info(const RolloutObjects& objects);

/// The same for `-o json`: stable field names, times as RFC 3339.
Json encode_rollout_info(const RolloutInfo& info, SystemTime now);

/// "stable,active": what the ReplicaSet is to the Rollout; "" for none of the roles.
std::string role_of(const ReplicaSetInfo& set);

/// The weight of the last setWeight step that was passed: what "SetWeight" shows. The whole total
/// once all steps are done, 0 when aborted.
int64_t set_weight_of(const crds::Rollout& rollout);
/// What the newest revision was seen to have: the weight that the routers confirmed or, where none
/// can confirm, hold; without routing its share of the available pods. Absent where nobody knows: a
/// weight that is not in force yet, a route that cannot be read, former routers that may still hold
/// traffic, a spec that no controller has seen.
std::optional<int64_t> actual_weight_of(const RolloutInfo& info);
/// The same from the Rollout alone, for one with traffic routing; absent without.
std::optional<int64_t> routed_weight_of(const crds::Rollout& rollout);
/// Whether routers hold, or held, traffic of it.
bool is_routed(const crds::Rollout& rollout);

}  // namespace sluice::cli
