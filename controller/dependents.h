#pragma once

// Dependents: which Rollouts look at which objects, so that a change of one wakes those that it
// concerns. Every Rollout looks at several, so each is remembered by 64 bits of its name: where two
// names meet in them, a Rollout is looked at once too often, and that is all.

#include "traffic/router.h"

#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

namespace sluice::controller {

class Dependents {
 public:
  /// These, and no others, are what the Rollout looks at.
  void depend(const ObjectKey& rollout, const std::set<traffic::ObjectRef>& objects);

  void forget(const ObjectKey& rollout);

  /// Those that look at the object.
  std::vector<ObjectKey> of(const traffic::ObjectRef& object) const;

 private:
  using Digests = std::vector<uint64_t>;
  using Objects = std::map<ObjectKey, Digests>;

  void unlink(const Objects::value_type& entry);

  Objects objects_;  ///< By Rollout.
  std::unordered_map<uint64_t, std::vector<const ObjectKey*>> rollouts_;
};

}  // namespace sluice::controller
