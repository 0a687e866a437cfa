#pragma once

// States of the past that lists still ask for. The pages of one list show one state, so that a
// watch from the list's version misses nothing. Lives in memory: after a restart, or when too many
// lists are on their way, a client is told to list again.

#include "base/time.h"
#include "local/store/registry_objects.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace sluice::local {

/// How many states are kept, and how long, as the real server's history.
inline constexpr size_t kSnapshotsMax = 8;
inline constexpr Duration kSnapshotAgeMax = std::chrono::minutes(5);

class ListSnapshots {
 public:
  /// `loaded_version` is the last one of the run before, whose writes are not known.
  explicit ListSnapshots(int64_t loaded_version) : loaded_version_(loaded_version) {}

  /// Objects of the type have changed with this version.
  void note_change(const std::string& type, int64_t version);
  /// Whether objects of the type have changed after this version.
  bool changed_after(const std::string& type, int64_t version) const;

  /// Keeps the objects of a type as they are at a version, and lets old states go.
  void keep(const std::string& type, int64_t version, const ObjectsOfType& objects, SteadyTime now);
  /// Null where that state is not kept (any more). Valid until the next keep().
  const ObjectsOfType* find(const std::string& type, int64_t version) const;

 private:
  struct Snapshot {
    std::string type;
    int64_t version = 0;
    SteadyTime taken{};
    ObjectsOfType objects;
  };

  int64_t loaded_version_;
  std::map<std::string, int64_t> changed_;
  std::deque<Snapshot> kept_;  ///< Oldest first.
};

}  // namespace sluice::local
