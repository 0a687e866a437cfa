#pragma once

// Memo keeps what was decoded of an object for as long as the object is the same, so that each
// version of an object is decoded once however often it is looked at.

#include "kube/watch_cache.h"

#include <functional>
#include <map>
#include <memory>

namespace sluice::controller {

template <typename T>
class Memo {
 public:
  using Decode = std::function<T(const kube::Object& object)>;

  explicit Memo(Decode decode) : decode_(std::move(decode)) {}

  /// The decoded object; shared, never changed.
  std::shared_ptr<const T> get(const kube::ObjectPtr& object) {
    Entry& entry = entries_[object->meta.key()];
    if (entry.object != object) {
      entry.value = std::make_shared<const T>(decode_(*object));
      entry.object = object;
    }
    return entry.value;
  }

  void forget(const ObjectKey& key) { entries_.erase(key); }

 private:
  struct Entry {
    kube::ObjectPtr object;
    std::shared_ptr<const T> value;
  };

  Decode decode_;
  std::map<ObjectKey, Entry> entries_;
};

}  // namespace sluice::controller
