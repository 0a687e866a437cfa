#include "local/pods/disruption_controller.h"

#include "base/object_condition.h"
#include "local/pods/status_write.h"
#include "local/store/disruption_budget.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::local {
namespace {

constexpr const char* kAllowed = "DisruptionAllowed";

/// The condition keeps its time while it does not change.
Json condition_of(const Json& before, bool allowed, int64_t generation, SystemTime now) {
  const char* status = allowed ? "True" : "False";
  const Json* known = find_condition(before, kAllowed);
  const bool same = known != nullptr && string_at(*known, "status") == status;
  return {
      {"type", kAllowed},
      {"status", status},
      {"reason", allowed ? "SufficientPods" : "InsufficientPods"},
      {"message", ""},
      {"observedGeneration", generation},
      {"lastTransitionTime", same ? string_at(*known, "lastTransitionTime") : format_time(now)}};
}

}  // namespace

DisruptionController::DisruptionController(kube::ObjectStore& store, Clock& clock,
                                           const asio::any_io_executor& executor,
                                           kube::WatchCache& budgets, kube::WatchCache& pods,
                                           PodFactsMemo& facts)
    : store_(store),
      clock_(clock),
      budgets_(budgets),
      pods_(pods),
      facts_(facts),
      loop_(clock, executor, "PodDisruptionBudget",
            [this](ObjectKey key) { return look(std::move(key)); }) {
  budgets_.observe([this](const kube::WatchCache::Change& change) { loop_.add(change.key); });
  pods_.observe([this](const kube::WatchCache::Change& change) { pod_changed(change); });
}

/// Budgets are few: each of the namespace is counted anew.
void DisruptionController::pod_changed(const kube::WatchCache::Change& change) {
  for (const kube::ObjectPtr& budget : budgets_.all())
    if (budget->meta.namespace_ == change.key.namespace_) loop_.add(budget->meta.key());
}

asio::awaitable<void> DisruptionController::run() {
  co_await budgets_.wait_synced();
  co_await pods_.wait_synced();
  co_await loop_.work();
}

Json DisruptionController::status_of(const ObjectMeta& meta, const Json& budget) {
  const Json spec = budget.value("spec", Json::object());
  DisruptionBudget counted(spec);
  for (const kube::ObjectPtr& pod : pods_.all()) {
    const bool here = pod->meta.namespace_ == meta.namespace_ && !pod->meta.deletion_timestamp;
    if (here && counted.is_about(pod->meta.labels))
      counted.count(pod->meta.labels, facts_.of(pod).ready);
  }
  const Json before = budget.value("status", Json::object());
  return {{"currentHealthy", counted.healthy()},
          {"desiredHealthy", counted.needed()},
          {"disruptionsAllowed", counted.allowed()},
          {"expectedPods", counted.pods()},
          {"observedGeneration", meta.generation},
          {"conditions", Json::array({condition_of(before, counted.allowed() > 0, meta.generation,
                                                   clock_.system_now())})}};
}

asio::awaitable<Result<kube::Looked>> DisruptionController::look(ObjectKey key) {
  const kube::ObjectPtr object = budgets_.find(key);
  if (object == nullptr) co_return kube::Looked{};
  const Result<Json> document = object->parse();
  if (!document) co_return fail(document.error());
  Json status = status_of(object->meta, *document);
  if (document->value("status", Json()) == status) co_return kube::Looked{};
  const Result<bool> stored = co_await store_status(store_, budgets_, object, std::move(status));
  if (!stored) co_return fail(stored.error());
  co_return kube::Looked{};
}

}  // namespace sluice::local
