#include "local/store/eviction.h"

#include "base/object_condition.h"
#include "local/store/disruption_budget.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::local {
namespace {

bool is_ready(const Json& pod) {
  const Json* status = find_path(pod, "status");
  return status != nullptr && has_condition(*status, "Ready");
}

ApiError kept_by(const std::string& budget, int64_t needed, int64_t healthy) {
  return {429, "TooManyRequests",
          "Cannot evict pod as it would violate the pod's disruption budget.",
          ApiDetails{.causes = {{.reason = "DisruptionBudget",
                                 .message = fmt::format("The disruption budget {} needs {} healthy "
                                                        "pods and has {} currently",
                                                        budget, needed, healthy)}}}};
}

/// The first budget that keeps the pod. One that is not ready is kept where the budget has too few
/// already.
std::optional<ApiError> find_keeper(const Registry& registry, const StoredObject& pod) {
  const ListQuery here{.namespace_ = pod.meta.namespace_};
  const auto budgets = registry.list(*registry.find_kind("policy", "PodDisruptionBudget"), here);
  const auto document = pod.parse();
  if (!budgets || budgets->items.empty() || !document) return std::nullopt;
  const auto pods = registry.list(*registry.find_kind("", "Pod"), here);
  const int64_t loss = is_ready(*document) ? 1 : 0;
  for (const ObjectPtr& object : budgets->items) {
    const auto parsed = object->parse();
    const Json* spec = parsed ? find_path(*parsed, "spec") : nullptr;
    if (spec == nullptr || !pods) continue;
    DisruptionBudget budget(*spec);
    if (!budget.is_about(pod.meta.labels)) continue;
    for (const ObjectPtr& other : pods->items) {
      const auto known = other->parse();
      if (!other->meta.deletion_timestamp)
        budget.count(other->meta.labels, known && is_ready(*known));
    }
    if (budget.healthy() - loss < budget.needed())
      return kept_by(object->meta.name, budget.needed(), budget.healthy());
  }
  return std::nullopt;
}

}  // namespace

ApiResult<DeleteResult> evict(Registry& registry, const ObjectKey& pod,
                              const DeleteOptions& options) {
  const ResourceTypePtr type = registry.find_kind("", "Pod");
  const auto found = registry.get(*type, pod);
  if (!found) return fail(found.error());
  const bool goes = (*found)->meta.deletion_timestamp.has_value();
  if (!goes)
    if (auto keeper = find_keeper(registry, **found)) return fail(*std::move(keeper));
  return registry.remove(*type, pod, options);
}

}  // namespace sluice::local
