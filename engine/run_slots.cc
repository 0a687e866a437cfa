#include "engine/run_slots.h"

#include "engine/blue_green/runs.h"
#include "engine/canary/runs.h"

#include <variant>

namespace sluice::engine {
namespace {

struct Places {
  const Draft& draft;

  std::vector<RunSlot> operator()(const std::monostate& /*none*/) const { return {}; }

  std::vector<RunSlot> operator()(const crds::CanaryStrategy& /*strategy*/) const {
    return canary::run_slots(draft);
  }

  std::vector<RunSlot> operator()(const crds::BlueGreenStrategy& /*strategy*/) const {
    return blue_green::run_slots(draft);
  }
};

}  // namespace

std::vector<RunSlot> run_slots(const Draft& draft) {
  return std::visit(Places{draft}, draft.facts.rollout().spec.strategy);
}

bool asks_for_analysis(const Draft& draft) {
  return is_underway(draft.course()) && !draft.status.promote_full;
}

bool runs_analysis(const Draft& draft) {
  return asks_for_analysis(draft) && draft.facts.current != nullptr;
}

std::optional<crds::RunStatusRef> known_run(const Draft& draft,
                                            const std::optional<crds::RunStatusRef>& before) {
  if (draft.facts.template_changed || draft.facts.steps_changed) return std::nullopt;
  return before;
}

}  // namespace sluice::engine
