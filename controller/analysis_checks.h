#pragma once

// AnalysisChecks: what is wrong with the analyses that each Rollout refers to. Linting a template
// takes longer than planning, and every look at a Rollout asks, also the one that takes traffic
// back: so an answer stands until the Rollout's spec, its labels or annotations, or a template
// changes. Only memory: asked for the first time, it is checked.

#include "controller/rollout_analyses.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::controller {

class AnalysisChecks {
 public:
  /// Both must outlive it.
  AnalysisChecks(ClusterView& view, const analysis::ProviderChecks& providers)
      : view_(view), providers_(providers) {}

  /// As check_analyses(); shared, never changed.
  std::shared_ptr<const AnalysisCheck> of(const crds::Rollout& rollout);

  void forget(const ObjectKey& rollout) { entries_.erase(rollout); }

 private:
  /// All that an answer depends upon.
  struct Inputs {
    std::string uid;
    int64_t generation = 0;
    size_t metadata = 0;  ///< A hash of labels and annotations.
    /// Versions of AnalysisCheck::looked_up, with the uid; "" where there is none.
    std::vector<std::string> templates;

    bool operator==(const Inputs&) const = default;
  };

  struct Entry {
    Inputs inputs;
    std::shared_ptr<const AnalysisCheck> check;
  };

  Inputs inputs_of(const crds::Rollout& rollout, const AnalysisCheck& check);

  ClusterView& view_;
  const analysis::ProviderChecks& providers_;
  std::map<ObjectKey, Entry> entries_;
};

}  // namespace sluice::controller
