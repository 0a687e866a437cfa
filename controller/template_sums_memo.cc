#include "controller/template_sums_memo.h"

namespace sluice::controller {

std::optional<engine::TemplateSums> TemplateSumsMemo::of(const ObjectKey& rollout,
                                                         const JsonText& pod_template) {
  const auto [found, is_new] = entries_.try_emplace(rollout);
  Entry& entry = found->second;
  if (is_new || !same_text(entry.pod_template, pod_template))
    entry = {pod_template, engine::template_sums(pod_template)};
  return entry.sums;
}

}  // namespace sluice::controller
