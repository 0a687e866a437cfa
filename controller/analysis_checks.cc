#include "controller/analysis_checks.h"

#include <functional>
#include <utility>

namespace sluice::controller {
namespace {

size_t hash_of(const ObjectMeta& meta) {
  std::string text;
  for (const StringMap* map : {&meta.labels, &meta.annotations}) {
    for (const auto& [key, value] : *map) text += key + '\0' + value + '\0';
    text += '\1';
  }
  return std::hash<std::string>()(text);
}

}  // namespace

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
  Inputs inputs{meta.uid, meta.generation, hash_of(meta), {}};
  for (const crds::TemplateRef& ref : check.looked_up) {
    const TemplatePtr found = view_.analysis_template(ref, meta.namespace_);
    inputs.templates.push_back(
        found ? found->value.meta.uid + "/" + found->value.meta.resource_version : "");
  }
  return inputs;
}

}  // namespace sluice::controller
