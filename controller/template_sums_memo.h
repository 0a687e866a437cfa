#pragma once

// TemplateSumsMemo keeps what the hash labels of a Rollout's template are made of while the
// template is the same: a template changes seldom, and reading it takes as long as the rest of a
// plan. Only memory, and of those who were looked at lately: each entry holds its template's text.

#include "base/json.h"
#include "base/object_meta.h"
#include "engine/snapshot.h"

#include <map>
#include <optional>

namespace sluice::controller {

class TemplateSumsMemo {
 public:
  /// As engine::template_sums() of the template.
  std::optional<engine::TemplateSums> of(const ObjectKey& rollout, const JsonText& pod_template);

  void forget(const ObjectKey& rollout) { entries_.erase(rollout); }

  void clear() { entries_.clear(); }

 private:
  struct Entry {
    JsonText pod_template;
    std::optional<engine::TemplateSums> sums;
  };

  std::map<ObjectKey, Entry> entries_;
};

}  // namespace sluice::controller
