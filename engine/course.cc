#include "engine/course.h"

#include "crds/names.h"

namespace sluice::engine {

std::string_view to_string(Course course) {
  switch (course) {
    case Course::First:
      return "First";
    case Course::Updating:
      return "Updating";
    case Course::Returning:
      return "Returning";
    case Course::Aborted:
      return "Aborted";
    case Course::Promoted:
      break;
  }
  return "Promoted";
}

Course decide_course(const Facts& facts, const crds::RolloutStatus& status, bool promoted) {
  if (promoted) return Course::Promoted;
  // An abort of a first revision means nothing: there is nothing to go back to.
  if (facts.stable == nullptr && !facts.stable_lost) return Course::First;
  if (status.abort) return Course::Aborted;
  const bool asked = facts.rollout().meta.annotation(crds::kRollbackToAnnotation) == facts.hash;
  return status.promote_full && asked ? Course::Returning : Course::Updating;
}

}  // namespace sluice::engine
