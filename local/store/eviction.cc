#include "local/store/eviction.h"

#include "base/object_condition.h"
#include "base/whole_number.h"
#include "local/store/selectors.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace sluice::local {
namespace {

constexpr int64_t kPercent = 100;

bool is_ready(const Json& pod) {
  const Json* status = find_path(pod, "status");
  return status != nullptr && has_condition(*status, "Ready");
}

/// A number of pods, or the share of `all` rounded up, as disruption budgets round.
std::optional<int64_t> pods_of(const Json& spec, const char* field, int64_t all) {
  const Json* value = find_path(spec, field);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_integer()) return value->get<int64_t>();
  std::string text = value->is_string() ? value->get<std::string>() : "";
  if (!text.ends_with('%')) return std::nullopt;
  text.pop_back();
  const auto percent = whole_number(text);
  if (!percent) return std::nullopt;
  return (all * *percent + kPercent - 1) / kPercent;
}

struct Counted {
  int64_t all = 0;
  int64_t healthy = 0;
};

/// The pods that a budget is about, but those that go already.
Counted count_pods(const Registry& registry, const LabelSelector& selector,
                   const std::string& namespace_) {
  Counted counted;
  const auto page = registry.list(*registry.find_kind("", "Pod"), {.namespace_ = namespace_});
  if (!page) return counted;
  for (const ObjectPtr& object : page->items) {
    if (object->meta.deletion_timestamp || !matches(selector, object->meta.labels)) continue;
    const auto pod = object->parse();
    ++counted.all;
    if (pod && is_ready(*pod)) ++counted.healthy;
  }
  return counted;
}

ApiError kept_by(const std::string& budget, int64_t needed, int64_t healthy) {
  return {429, "TooManyRequests",
          fmt::format("Cannot evict pod as it would violate the pod's disruption budget. The "
                      "disruption budget {} needs {} healthy pods and has {} currently",
                      budget, needed, healthy),
          ApiDetails{}};
}

/// The first budget that keeps the pod. One that is not ready is kept where the budget has too few
/// already.
std::optional<ApiError> find_keeper(const Registry& registry, const StoredObject& pod) {
  const ResourceTypePtr type = registry.find_kind("policy", "PodDisruptionBudget");
  const auto budgets = registry.list(*type, {.namespace_ = pod.meta.namespace_});
  const auto document = pod.parse();
  if (!budgets || !document) return std::nullopt;
  const int64_t loss = is_ready(*document) ? 1 : 0;
  for (const ObjectPtr& budget : budgets->items) {
    const auto parsed = budget->parse();
    const Json* spec = parsed ? find_path(*parsed, "spec") : nullptr;
    const Json* selector_text = spec == nullptr ? nullptr : find_path(*spec, "selector");
    if (selector_text == nullptr) continue;
    const LabelSelector selector = decode_label_selector(*selector_text);
    if (!matches(selector, pod.meta.labels)) continue;
    const Counted pods = count_pods(registry, selector, pod.meta.namespace_);
    int64_t needed = pods_of(*spec, "minAvailable", pods.all).value_or(0);
    if (const auto most = pods_of(*spec, "maxUnavailable", pods.all))
      needed = std::max<int64_t>(pods.all - *most, 0);
    if (pods.healthy - loss < needed) return kept_by(budget->meta.name, needed, pods.healthy);
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
