#include "controller/analysis_checks.h"

#include <utility>

namespace sluice::controller {

std::shared_ptr<const AnalysisCheck> AnalysisChecks::of(const crds::Rollout& rollout) {
  Entry& entry = entries_[rollout.meta.key()];
  if (entry.check && entry.inputs == inputs_of(rollout, *entry.check)) return entry.check;
  entry.check = std::make_shared<const AnalysisCheck>(check_analyses(rollout, view_, providers_));
  entry.inputs = inputs_of(rollout, *entry.check);
  return entry.check;
}

AnalysisChecks::Inputs AnalysisChecks::inputs_of(const crds::Rollout& rollout,
                                                 const AnalysisCheck& check) {
  const ObjectMeta& meta = rollout.meta;
  Inputs inputs{meta.uid, meta.generation, meta.labels, meta.annotations, {}};
  for (const crds::TemplateRef& ref : check.looked_up)
    inputs.templates.push_back(view_.analysis_template(ref, meta.namespace_));
  return inputs;
}

}  // namespace sluice::controller
