#pragma once

// The GarbageCollector removes what others leave behind: objects whose owners are gone, the
// contents of terminating namespaces, the objects of deleted CRDs. It does what the controller
// manager of a real cluster does, moments after the write that made it due, so that the writer's
// answer comes first.
//
// Nothing of it must survive a restart: start() looks at everything once.

#include "base/clock.h"
#include "local/store/registry.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sluice::local {

/// What is removed or changed in one turn at most: some 20 ms.
inline constexpr size_t kCollectedMax = 100;

/// How long a namespace is seen terminating at least: clients that race with its deletion are
/// refused because it terminates and do not find it gone in between.
inline constexpr Duration kNamespaceLinger = std::chrono::milliseconds(500);

class GarbageCollector {
 public:
  /// Both must outlive the collector.
  GarbageCollector(Registry& registry, Clock& clock);
  ~GarbageCollector();
  GarbageCollector(const GarbageCollector&) = delete;
  GarbageCollector& operator=(const GarbageCollector&) = delete;

  /// Follows the registry from now on, and takes up what was due before.
  void start();

  /// Does what is due now, as far as kCollectedMax reaches, and asks the clock for a turn for the
  /// rest; returns how many objects it removed or changed. Called by the clock; tests may call it
  /// themselves.
  size_t collect();

 private:
  void note(const Change& change);
  void note_object(const ResourceTypePtr& type, const ObjectPtr& object);
  /// Owners that waited for an object which is gone, or no longer theirs, may go on.
  void note_released(const std::vector<OwnerReference>& owners);
  void schedule(Duration delay);

  size_t collect_orphans(const std::string& uid);
  // These do no more than `left` and come again for the rest.
  size_t release_dependents(const std::string& owner_uid, size_t left);
  size_t collect_namespace(const std::string& name, SteadyTime visible_until, size_t left);
  size_t collect_crd(const std::string& name, size_t left);

  Registry& registry_;
  Clock& clock_;
  std::shared_ptr<void> observation_;
  Clock::TimerId timer_ = 0;
  SteadyTime due_{};

  std::set<std::string> dependents_;  ///< Uids of objects that may have lost all owners.
  std::set<std::string> owners_;      ///< Uids of terminating objects that wait for dependents.
  /// Terminating namespaces, and until when they stay visible at least.
  std::map<std::string, SteadyTime> namespaces_;
  std::set<std::string> crds_;  ///< Names of terminating CRDs.
};

}  // namespace sluice::local
