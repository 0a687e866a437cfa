#pragma once

// A stored object: what kube::Object carries, and the values that field selectors may ask for, so
// that neither lists nor watches have to parse it again.

#include "kube/object.h"

#include <cstdint>
#include <memory>

namespace sluice::local {

struct StoredObject : kube::Object {
  /// Values of the type's selectable fields by path ("spec.nodeName"); missing ones are absent.
  StringMap fields;
  int64_t version = 0;  ///< metadata.resourceVersion as a number.
};

/// Objects are immutable; a write makes a new one. The text is compact JSON with apiVersion, kind.
using ObjectPtr = std::shared_ptr<const StoredObject>;

}  // namespace sluice::local
