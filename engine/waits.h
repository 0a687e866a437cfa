#pragma once

// What a Rollout waits for, in one list: status.waitingFor. Every decision that holds something up
// adds a wait to the draft; here they are put in order and made to last from plan to plan. The
// phase's message, `sluice get` and `status`, warning events and /debug all tell from this list.
//
// The status is not to be written by each plan: a wait keeps its `since` while it goes on, and what
// it observes changes only when the cluster does. An API server whose CRD drops the field forgets
// `since`; the write that it ignores changes no resource version, so that nothing follows from it.

#include "crds/rollout.h"
#include "engine/facts.h"

#include <string_view>
#include <vector>

namespace sluice::engine {

using Waits = std::vector<crds::Wait>;

/// So many are told; further ones are seen once these are over.
inline constexpr size_t kWaitsMax = 8;
/// Longer messages, of servers and kubelets, are cut.
inline constexpr size_t kWaitMessageMax = 512;  // bytes

/// The same reason about the same object.
bool is_same_wait(const crds::Wait& left, const crds::Wait& right);

/// Something that time alone does not mend: it is told as a warning when it begins.
bool is_trouble(const crds::Wait& wait);

/// Pods of the ReplicaSet that the wait names are waited for: a look at them may tell more.
bool is_about_pods(const crds::Wait& wait);

/// Troubles first, then what moves by itself, then what nothing is held up by; each wait once;
/// `since` as in `before` where the wait was there, else `now`.
Waits settle_waits(const Waits& waits, const Waits& before, SystemTime now);

/// Puts the waits into a status that is otherwise complete, with the phase and message that follow.
void show_waits(const crds::Rollout& before, const Waits& waits, SystemTime now,
                crds::RolloutStatus& status);

// ---- waits that several decisions share ----

/// For `wanted` available pods of the ReplicaSet, or the cause why they do not come. `replica_set`
/// may be null: it is not created yet.
crds::Wait for_pods(const Facts& facts, const ReplicaSet* replica_set, int64_t wanted);

/// For routers that are to do `what` ("weight 10 goes to revision 2"), or what keeps them from it.
crds::Wait for_routers(const Facts& facts, const std::string& what, const std::string& wanted);

/// For the verdict of an analysis, with its value against its limit. `run` may be null: it is not
/// created yet.
crds::Wait for_analysis(const AnalysisRun* run, std::string_view kind);

/// The router cannot do what it is asked: its objects are missing, refused, or not understood.
crds::Wait for_router(const RouterObservation& router);

}  // namespace sluice::engine
