#pragma once

// TrimmedObjects gives out stored objects as their readers ask for them. The last few are kept, so
// that all who read an object one way have one text of it: its writer, and each of its watches.

#include "kube/object.h"
#include "local/store/stored_object.h"

#include <array>
#include <cstddef>

namespace sluice::local {

class TrimmedObjects {
 public:
  /// The object, without what `trim` takes out of it where that is not null.
  kube::Object get(const ObjectPtr& stored, kube::Trim trim);

 private:
  /// A change of an object is read by all before so many others have changed, as a rule.
  static constexpr size_t kKept = 64;

  struct Entry {
    ObjectPtr stored;
    kube::Trim trim = nullptr;
    kube::Object trimmed;
  };

  std::array<Entry, kKept> kept_;
  size_t oldest_ = 0;
};

}  // namespace sluice::local
