#pragma once

// What is observed of one Rollout at one moment: everything that plan() decides from. The shell
// fills it from its watch cache and from the routers' objects; nothing in it is remembered between
// two plans, so a process that was killed carries on from the next snapshot.

#include "base/json.h"
#include "base/object_meta.h"
#include "base/time.h"
#include "crds/field_problem.h"
#include "crds/freeze.h"
#include "crds/rollout.h"
#include "crds/routes.h"
#include "engine/identity/pod_hash.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sluice::engine {

/// A ReplicaSet whose controller is the Rollout.
struct ReplicaSet {
  std::string name;
  std::string uid;
  int32_t spec_replicas = 0;
  int32_t replicas = 0;            ///< status.replicas
  int32_t ready_replicas = 0;      ///< status.readyReplicas
  int32_t available_replicas = 0;  ///< status.availableReplicas
  StringMap labels;
  StringMap annotations;
  SystemTime created_at{};
  /// spec.template as text, as far as a Rollout lays something over it (crds/pod_overlay.h):
  /// metadata and spec.affinity at least.
  JsonText pod_template;
  /// As template_digest() makes it of the whole spec.template: tells its revision where no label
  /// does.
  std::string template_digest;
  /// The message of its ReplicaFailure condition; "" where pods can be created.
  std::string failure;
  bool deleting = false;

  /// The pod template hash that its label says; "" where it has none.
  std::string hash() const;
  std::string annotation(std::string_view key) const;
  /// The revision number that its annotation says; 0 where it is unknown.
  int64_t revision() const;
  /// spec.replicas of the Rollout when this size was decided, as its annotation says.
  std::optional<int64_t> desired_replicas() const;
};

/// The same for all pod templates that mean the same, whoever wrote them, whatever an API server
/// filled in, and whatever a controller has laid over them as the annotations of their ReplicaSet
/// say. "" where it is no object.
std::string template_digest(Json pod_template, const StringMap& annotations);

/// A Service that the Rollout's strategy names, or that bears the Rollout's name from before; or a
/// subset, which selects pods as a Service does (crds/routes.h).
struct Service {
  bool exists = false;
  std::string selector_hash;  ///< The pod template hash in its selector; "" where there is none.
  std::string managed_by;     ///< Its managed-by annotation, or that of the subset's rule.
};

/// What keeps pods of a ReplicaSet from becoming available.
struct PodTrouble {
  std::string reason;   ///< kImageNotPulled, kPodsCrash, … of engine/reasons.h
  std::string pod;      ///< One of those that have it.
  std::string message;  ///< "the image shop:v9 of container shop cannot be pulled: not found"

  bool operator==(const PodTrouble&) const = default;
};

/// What a run has measured last, in words for people.
struct AnalysisReading {
  std::string observed;  ///< "error-rate 0.0243"
  std::string wanted;    ///< "limit 0.01"
  std::string text;      ///< "error-rate 0.0243, limit 0.01 (2 good, 1 bad)"
  bool without_data = false;
  bool unobservable = false;
};

/// An AnalysisRun whose controller is the Rollout.
struct AnalysisRun {
  std::string name;
  std::string uid;
  StringMap labels;
  StringMap annotations;
  SystemTime created_at{};
  crds::AnalysisPhase phase = crds::AnalysisPhase::None;
  std::string message;
  AnalysisReading reading;
  bool terminate = false;  ///< spec.terminate
  bool deleting = false;

  std::string label(std::string_view key) const;
  std::string annotation(std::string_view key) const;
};

/// A pod of one of the ReplicaSets.
struct Pod {
  std::string name;
  std::string uid;
  StringMap labels;
  StringMap annotations;
  SystemTime created_at{};
  bool available = false;  ///< Ready, for as long as the Rollout's minReadySeconds say.
  bool deleting = false;
  /// Why the API server did not evict it when it was asked last; "" where it was not asked, or pods
  /// have come or gone since.
  std::string refusal;
  bool kept = false;  ///< One of its ReplicaSet was refused a moment ago: it is not asked for now.
};

/// How far a router has got with what its objects ask for.
enum class RouterState {
  Verified,     ///< Traffic is known to flow as `canary_weight` says.
  Pending,      ///< Its objects say `canary_weight`, but the data plane has not confirmed it yet.
  Unsupported,  ///< It cannot confirm: what its objects say counts as set.
  Error,        ///< Its objects cannot be read or understood; `message` says why.
};

/// One router of strategy.canary.trafficRouting as it is now.
struct RouterObservation {
  std::string router;  ///< RouterSpec::kind
  RouterState state = RouterState::Unsupported;
  /// What its objects ask for, of the declared total. Absent where they hold no weights yet.
  std::optional<int64_t> canary_weight;
  /// The managed routes of ours that its objects hold, by name.
  std::set<std::string> managed_routes;
  /// Those among them that mirror every request, as the cluster does not keep the share.
  std::set<std::string> whole_mirrors;
  /// The most that its objects give to a former canary Service; 0 where all is taken back.
  int64_t former_weight = 0;
  std::string message;
  crds::ObjectName object;  ///< What the message is about.
  /// Answers whether its objects, as the snapshot shows them, ask for exactly these routes.
  std::function<bool(const crds::Routes& routes)> in_place = [](const auto&) { return false; };
};

/// What the API server makes of the spec's pod template: it is asked to create a ReplicaSet of it
/// on trial (Plan::trial), as it may fill in what Sluice knows nothing of.
struct TemplateTrial {
  enum class State {
    Untold,    ///< Nobody is asked, or nobody can tell: the defaults that Sluice knows have to do.
    Open,      ///< It can be asked, and has not answered yet.
    Answered,  ///< It would make a template of `template_digest` of it.
  };

  State state = State::Untold;
  std::string template_digest;  ///< As that of a ReplicaSet.
};

struct Snapshot {
  crds::Rollout rollout;
  std::vector<ReplicaSet> replica_sets;
  std::map<std::string, Service, std::less<>> services;  ///< By name; a missing one does not exist.
  std::vector<AnalysisRun> analysis_runs;
  /// One for each router of the spec, in its order. Empty without traffic routing.
  std::vector<RouterObservation> routers;
  /// Those that it had before and that may still hold traffic (RolloutStatus::routings).
  std::vector<RouterObservation> former_routers;
  /// By the name of the ReplicaSet; of those whose pods are waited for, as they were looked at
  /// last.
  std::map<std::string, PodTrouble, std::less<>> pod_troubles;
  /// Those that hold the Rollout: of its namespace and of all.
  std::vector<crds::Freeze> freezes;
  /// By the name of the ReplicaSet; of those whose pods the plan before asked for (Plan::pods_of),
  /// listed since pods of the Rollout were last written to. Absent until then.
  std::map<std::string, std::vector<Pod>, std::less<>> pods;
  /// What is wrong with the spec or with an object that it refers to: the Rollout stands still and
  /// says so (InvalidSpec) until it is mended.
  crds::FieldProblems problems;
  /// ReplicaSets of the namespace that bear a name this Rollout wanted but that are not its own
  /// (learnt from a refused creation): the hash is then made anew with a higher collision count.
  std::set<std::string> names_taken;
  TemplateTrial trial;  ///< Of the template that the spec has now.
  /// Of that template, where somebody has them from before; else the plan makes them.
  std::optional<TemplateSums> template_sums;
  SystemTime now{};

  /// The Service of that name; one that does not exist where it is missing or unnamed.
  const Service& service(const std::string& name) const;
};

}  // namespace sluice::engine
