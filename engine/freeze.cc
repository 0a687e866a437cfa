#include "engine/freeze.h"

#include "crds/names.h"
#include "engine/conditions.h"
#include "engine/reasons.h"

#include <string>

namespace sluice::engine {
namespace {

/// All at once to a revision that the users had before.
bool goes_back(const Draft& draft) {
  const ReplicaSet* current = draft.facts.current;
  return draft.status.promote_full && current != nullptr &&
         !current->annotation(crds::kPromotedAtAnnotation).empty();
}

std::string name_of(const crds::Freeze& freeze) {
  const std::string prefix = freeze.is_everywhere() ? freeze.namespace_ + "/" : "";
  return prefix + std::string(crds::kFreezeName);
}

}  // namespace

bool is_frozen(const Draft& draft) {
  return !draft.facts.snapshot->freezes.empty() && draft.course() == Course::Updating &&
         !goes_back(draft);
}

void wait_for_thaw(Draft& draft) {
  for (const crds::Freeze& freeze : draft.facts.snapshot->freezes) {
    draft.wait({.reason = std::string(kFrozen),
                .message = freeze.to_string(),
                .object = {"ConfigMap", name_of(freeze)},
                .observed = "a freeze",
                .wanted = "no freeze"});
  }
}

void show_freeze(const Snapshot& snapshot, crds::RolloutStatus& status) {
  if (snapshot.freezes.empty()) return remove_condition(status.conditions, kFrozen);
  std::string message;
  for (const crds::Freeze& freeze : snapshot.freezes)
    message += (message.empty() ? "" : "; ") + freeze.to_string();
  set_condition(status.conditions, kFrozen, true, kFrozen, std::move(message),
                whole_seconds(snapshot.now));
}

}  // namespace sluice::engine
