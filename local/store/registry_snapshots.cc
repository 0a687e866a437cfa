#include "local/store/registry_snapshots.h"

#include <algorithm>

namespace sluice::local {

void ListSnapshots::note_change(const std::string& type, int64_t version) {
  changed_[type] = version;
}

bool ListSnapshots::changed_after(const std::string& type, int64_t version) const {
  const auto found = changed_.find(type);
  return (found == changed_.end() ? loaded_version_ : found->second) > version;
}

void ListSnapshots::keep(const std::string& type, int64_t version, const ObjectsOfType& objects,
                         SteadyTime now) {
  if (find(type, version) != nullptr) return;
  kept_.push_back({type, version, now, objects});
  while (kept_.size() > kSnapshotsMax || now - kept_.front().taken > kSnapshotAgeMax)
    kept_.pop_front();
}

const ObjectsOfType* ListSnapshots::find(const std::string& type, int64_t version) const {
  const auto found = std::ranges::find_if(kept_, [&](const Snapshot& snapshot) {
    return snapshot.version == version && snapshot.type == type;
  });
  return found == kept_.end() ? nullptr : &found->objects;
}

}  // namespace sluice::local
