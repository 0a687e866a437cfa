#pragma once

// The course of an update: what the current revision is to the Rollout, and so what its pods, its
// traffic and its analyses are for. All transitions there are (docs/state-machine.md draws them and
// tells what each means; a test holds this list, the drawing and the planner against each other):
//
//   First --> Updating
//   First --> Returning
//   First --> Promoted
//   First --> Aborted
//   Updating --> First
//   Updating --> Returning
//   Updating --> Aborted
//   Updating --> Promoted
//   Returning --> First
//   Returning --> Updating
//   Returning --> Aborted
//   Returning --> Promoted
//   Aborted --> First
//   Aborted --> Updating
//   Aborted --> Returning
//   Aborted --> Promoted
//   Promoted --> First
//   Promoted --> Updating
//   Promoted --> Returning
//   Promoted --> Aborted
//
// A pause is no course but a brake on each of them (Draft::halted): a first revision, an update and
// a return can all be held, and go on as what they were.

#include "engine/facts.h"

#include <string_view>

namespace sluice::engine {

enum class Course {
  First,      ///< There is no stable revision to go back to.
  Updating,   ///< Between a stable revision and another one, step by step.
  Returning,  ///< A person flees from the stable revision to this one, without steps.
  Aborted,    ///< The stable revision has the traffic again, until a retry or another revision.
  Promoted,   ///< The current revision is the stable one.
};

/// "First", "Updating", …
std::string_view to_string(Course course);

/// `status` is the one in the making; `promoted`: the current revision is the stable one, from
/// before or by this plan.
Course decide_course(const Facts& facts, const crds::RolloutStatus& status, bool promoted);

/// On the way from a stable revision to the current one.
constexpr bool is_underway(Course course) {
  return course == Course::Updating || course == Course::Returning;
}

/// All pods shall be of the current revision: there is none beside it, or none any more.
constexpr bool is_alone(Course course) {
  return course == Course::First || course == Course::Promoted;
}

}  // namespace sluice::engine
