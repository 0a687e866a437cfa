#include "engine/run_creation.h"

#include "crds/names.h"
#include "engine/run_search.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine {
namespace {

std::string base_name(const Draft& draft, const RunSlot& slot) {
  std::string name = fmt::format("{}-{}-{}", draft.facts.rollout().meta.name, draft.facts.hash,
                                 draft.facts.revision);
  if (slot.type == AnalysisType::PrePromotion) return name + "-pre";
  if (slot.type == AnalysisType::PostPromotion) return name + "-post";
  return slot.step ? fmt::format("{}-{}", name, *slot.step) : name;
}

/// The first of "name", "name.1", "name.2", … that no run bears.
std::string free_name(const Draft& draft, const std::string& base) {
  const auto taken = [&](const std::string& name) {
    const auto& runs = draft.facts.snapshot->analysis_runs;
    return draft.facts.snapshot->names_taken.contains(name) ||
           std::any_of(runs.begin(), runs.end(), [&](const auto& run) { return run.name == name; });
  };
  std::string name = base;
  for (int n = 1; taken(name); ++n) name = fmt::format("{}.{}", base, n);
  return name;
}

crds::RolloutAnalysis with_hashes(const Draft& draft, crds::RolloutAnalysis analysis) {
  for (crds::Argument& argument : analysis.args) {
    if (!argument.value_from || argument.value_from->pod_template_hash.empty()) continue;
    const bool stable = argument.value_from->pod_template_hash == "Stable";
    argument.value = stable ? draft.facts.stable_hash : draft.facts.hash;
    argument.value_from.reset();
  }
  return analysis;
}

}  // namespace

void create_run(Draft& draft, const RunSlot& slot) {
  const crds::RolloutAnalysis& analysis = *slot.analysis;
  CreateAnalysisRun create{.name = free_name(draft, base_name(draft, slot)),
                           .type = slot.type,
                           .step_index = slot.step,
                           .labels = analysis.run_labels,
                           .annotations = analysis.run_annotations,
                           .analysis = with_hashes(draft, analysis)};
  for (const auto& [key, value] : draft.facts.rollout().spec.selector.match_labels)
    create.labels[key] = value;
  create.labels[std::string(crds::kPodTemplateHashLabel)] = draft.facts.hash;
  create.labels[std::string(crds::kRolloutTypeLabel)] = to_string(slot.type);
  if (slot.step) create.labels[std::string(crds::kStepIndexLabel)] = std::to_string(*slot.step);
  const std::string instance = draft.facts.rollout().meta.label(crds::kInstanceIdLabel);
  if (!instance.empty()) create.labels[std::string(crds::kInstanceIdLabel)] = instance;
  create.annotations[std::string(crds::kRunRevisionAnnotation)] =
      std::to_string(draft.facts.revision);
  create.annotations[std::string(crds::kAttemptAnnotation)] = attempt(draft);
  draft.act(std::move(create));
}

}  // namespace sluice::engine
