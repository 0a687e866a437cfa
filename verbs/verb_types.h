#pragma once

// What people do to a Rollout, as pure decisions: from the Rollout as it was read, who asks and
// what that person saw, to the patches that bring it about. Used by whatever people press: the
// command line, the webhook, later the dashboard.
//
// Every patch tests what its decision rests upon, so that of two who press at once one is told that
// the Rollout has moved on; whoever applies it then reads again and decides again, for the same
// sight. Done twice, a verb does once. Each leaves a record on the Rollout (verbs/action_record.h).

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "crds/rollout.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::verbs {

/// One JSON patch (RFC 6902) of a Rollout. Writes are applied in their order.
struct Write {
  bool of_status = false;  ///< To the status subresource.
  std::string patch;
  /// False for a mere record before a deed that must not wait for it: where the record cannot be
  /// written, the deed is done all the same.
  bool needed = true;
};

/// What a person had before their eyes: a verb is for this update at this step, and for no other.
struct Sight {
  /// status.currentPodHash; "", which compares equal to all, where no controller had seen the spec.
  std::string hash;
  std::string step_hash;        ///< status.currentStepHash; "" compares equal to all.
  std::optional<int32_t> step;  ///< status.currentStepIndex

  bool operator==(const Sight&) const = default;
};

Sight sight_of(const crds::Rollout& rollout);

struct Actor {
  std::string user;
  /// The API did not confirm the name: it is what the kubeconfig or the client calls itself.
  bool claimed = false;

  /// "ann", or "ann (claimed)".
  std::string to_string() const;
  bool operator==(const Actor&) const = default;
};

/// Who asks, when, why, and for what.
struct Ask {
  Actor by;
  SystemTime at{};
  std::string reason;
  std::optional<Sight> seen;  ///< Absent: whatever is read first.
  /// The person named the step. Otherwise the same verb a moment after the last one is the same
  /// press: nobody has seen a step that has been there for less than a second.
  bool step_named = false;
};

/// What a verb comes to: what is to be written, and what can be said once that is done ("promoted",
/// "is paused already"). Nothing to write: it is so already. An error in its place is a refusal:
/// what was asked for does not fit how things stand.
struct Decision {
  std::vector<Write> writes;
  std::string text;
};

/// A revision that is kept: its ReplicaSet.
struct Revision {
  std::string name;
  std::string hash;
  int64_t number = 0;
  bool promoted = false;  ///< It was stable once.
  JsonText pod_template;  ///< As the ReplicaSet has it; null where it could not be read.
  StringMap annotations;  ///< The ReplicaSet's.
};

/// Invalid where another revision is current than the one that was seen.
Result<void> check_seen(const crds::Rollout& rollout, const Ask& ask);

/// Whether the revision that the status speaks of has all the traffic: no update is under way.
bool is_promoted(const crds::Rollout& rollout);

/// An analysis run waits for an answer.
bool has_question(const crds::Rollout& rollout);

/// Whether the status speaks of the newest spec.
bool is_observed(const crds::Rollout& rollout);

/// The sentence of the status's condition of that type; "" where it does not hold.
std::string condition_text(const crds::Rollout& rollout, std::string_view type);

/// What the status says of a freeze: "frozen by ann since …: sale"; "" where there is none.
std::string freeze_text(const crds::Rollout& rollout);

/// `no controller has seen generation 3 of rollout "shop" (seen 0)`.
std::string unseen_text(const crds::Rollout& rollout);

}  // namespace sluice::verbs
