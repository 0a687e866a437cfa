#pragma once

// ParsedObjects: the JSON of the routers' objects that were looked at last. Many Rollouts may share
// a route, and all of them look at each of its versions: parsing it takes longer than everything
// else in a look. A parsed object takes ten times the room of its text, so only a few are kept.

#include "base/json.h"
#include "kube/watch_cache.h"

#include <cstddef>
#include <deque>
#include <memory>

namespace sluice::controller {

class ParsedObjects {
 public:
  static constexpr size_t kObjectsMax = 4;

  /// The object's JSON, shared and never changed; null where it is no JSON, which no API server
  /// sends.
  std::shared_ptr<const Json> of(const kube::ObjectPtr& object);

 private:
  struct Entry {
    kube::ObjectPtr object;
    std::shared_ptr<const Json> document;
  };

  std::deque<Entry> entries_;  ///< The one that was looked at last comes first.
};

}  // namespace sluice::controller
