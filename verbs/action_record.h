#pragma once

// What people have done to a Rollout, on the Rollout itself: who, when, why, at which step, and
// what was passed over. Newest first, bounded in number and size; it survives every restart and is
// shown by `get`. Written together with the deed or before it, never after.

#include "verbs/bound_patch.h"
#include "verbs/verb_types.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::verbs {

/// So many are kept; older ones are forgotten.
inline constexpr size_t kActionsKept = 20;
/// Longer reasons are cut.
inline constexpr size_t kReasonMax = 512;  // bytes
/// The same verb within so short a time is one press: nobody has seen what came in between.
inline constexpr Duration kSamePress = std::chrono::seconds(1);

struct ActionRecord {
  std::string verb;  ///< "promote", "abort", …
  Actor by;
  SystemTime at{};
  std::string reason;
  int64_t generation = 0;
  std::string hash;  ///< The revision that was current.
  std::optional<int32_t> step;
  /// What was not waited for, in words: "analysis run shop-6d-2-1 (Running)".
  std::vector<std::string> passed_over;

  bool operator==(const ActionRecord&) const = default;
};

/// Newest first; none where the annotation is absent or unreadable.
std::vector<ActionRecord> read_actions(const crds::Rollout& rollout);
Json encode_action(const ActionRecord& record);
/// A list of them.
Json encode_actions(const std::vector<ActionRecord>& records);

ActionRecord make_record(const crds::Rollout& rollout, const Ask& ask, std::string verb,
                         std::vector<std::string> passed_over = {});

/// The annotation with the record in front of the older ones.
std::string with_record(const crds::Rollout& rollout, const ActionRecord& made);

/// Adds the record to the patch.
void record(const crds::Rollout& rollout, const ActionRecord& made, BoundPatch& patch);

/// The newest record where it is of that verb, for this update, and so young that this is the same
/// press.
std::optional<ActionRecord> same_press(const crds::Rollout& rollout, const Ask& ask,
                                       std::string_view verb);

}  // namespace sluice::verbs
