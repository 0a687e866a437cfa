#pragma once

// Memo keeps what was decoded of an object for as long as the object is the same and is asked for
// now and then, so that each version of an object is decoded once however often it is looked at.

#include "kube/watch_cache.h"

#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

namespace sluice::controller {

template <typename T>
class Memo {
 public:
  /// Beyond that those go first that were not asked for since the last cool().
  static constexpr size_t kEntriesMax = 4096;

  using Decode = std::function<T(const kube::Object& object)>;

  explicit Memo(Decode decode) : decode_(std::move(decode)) {}

  /// The decoded object; shared, never changed.
  std::shared_ptr<const T> get(const kube::ObjectPtr& object) {
    while (entries_.size() >= kEntriesMax) cool();
    Entry& entry = entries_[object->meta.key()];
    entry.asked = true;
    if (entry.object != object) {
      entry.value = std::make_shared<const T>(decode_(*object));
      entry.object = object;
    }
    return entry.value;
  }

  void forget(const ObjectKey& key) { entries_.erase(key); }

  /// Lets go of what nobody has asked for since the last time.
  void cool() {
    for (auto entry = entries_.begin(); entry != entries_.end();)
      entry = std::exchange(entry->second.asked, false) ? std::next(entry) : entries_.erase(entry);
  }

 private:
  struct Entry {
    kube::ObjectPtr object;
    std::shared_ptr<const T> value;
    bool asked = false;  ///< Since the last cool().
  };

  Decode decode_;
  std::map<ObjectKey, Entry> entries_;
};

}  // namespace sluice::controller
