#include "local/pods/replicaset_controller.h"

#include "local/pods/status_write.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

constexpr Duration kReplicaSetRetry = std::chrono::seconds(1);

std::string owner_uid(const kube::ObjectPtr& pod) {
  const OwnerReference* owner = pod == nullptr ? nullptr : pod->meta.controller();
  return owner != nullptr && owner->kind == "ReplicaSet" ? owner->uid : "";
}

/// The fields that write_status() writes differ from what the object shows.
bool status_differs(const Json& document, const Json& status) {
  const Json* stored = find_path(document, "status");
  if (stored == nullptr || !stored->is_object()) return true;
  for (const char* field : {"replicas", "fullyLabeledReplicas", "readyReplicas",
                            "availableReplicas", "observedGeneration"}) {
    if (int_at(*stored, field) != int_at(status, field)) return true;
  }
  const auto failure = [](const Json& value) {
    const Json* conditions = find_path(value, "conditions");
    return conditions == nullptr || conditions->empty()
               ? std::string()
               : string_at(conditions->front(), "message", "?");
  };
  return failure(*stored) != failure(status);
}

}  // namespace

ReplicaSetController::ReplicaSetController(kube::ObjectStore& store, Clock& clock,
                                           const asio::any_io_executor& executor,
                                           kube::WatchCache& replicasets, kube::WatchCache& pods,
                                           PodFactsMemo& facts, kube::EventRecorder& events)
    : store_(store),
      clock_(clock),
      replicasets_(replicasets),
      pods_(pods),
      facts_(facts),
      crew_(store, pods, facts, events),
      loop_(clock, executor, "ReplicaSet", [this](ObjectKey key) { return look(std::move(key)); }) {
  replicasets_.observe([this](const kube::WatchCache::Change& change) { loop_.add(change.key); });
  pods_.observe([this](const kube::WatchCache::Change& change) { pod_changed(change); });
}

void ReplicaSetController::pod_changed(const kube::WatchCache::Change& change) {
  crew_.note(change);
  note_owner(change.after);
  if (owner_uid(change.before) != owner_uid(change.after)) note_owner(change.before);
  if (change.after != nullptr && change.after->meta.controller() == nullptr) {
    orphans_.insert(change.key);
    note_adopters(*change.after);
  } else {
    orphans_.erase(change.key);
  }
}

void ReplicaSetController::note_owner(const kube::ObjectPtr& pod) {
  if (!owner_uid(pod).empty()) loop_.add({pod->meta.namespace_, pod->meta.controller()->name});
}

/// An orphan may match any ReplicaSet of its namespace; these find out by themselves.
void ReplicaSetController::note_adopters(const kube::Object& pod) {
  for (const kube::ObjectPtr& replicaset : replicasets_.all())
    if (replicaset->meta.namespace_ == pod.meta.namespace_ && !pod.meta.labels.empty())
      loop_.add(replicaset->meta.key());
}

asio::awaitable<void> ReplicaSetController::run() {
  co_await replicasets_.wait_synced();
  co_await pods_.wait_synced();
  co_await loop_.work();
}

bool ReplicaSetController::is_adoptable(const ReplicaSetSpec& spec, const kube::ObjectPtr& pod) {
  return pod != nullptr && pod->meta.namespace_ == spec.meta.namespace_ &&
         !pod->meta.deletion_timestamp && !facts_.of(pod).finished() &&
         matches(spec.selector, pod->meta.labels);
}

asio::awaitable<Result<kube::Looked>> ReplicaSetController::look(ObjectKey key) {
  const kube::ObjectPtr replicaset = replicasets_.find(key);
  if (replicaset == nullptr) co_return kube::Looked{};
  const Result<Json> document = replicaset->parse();
  if (!document) co_return fail(document.error());
  const Result<ReplicaSetSpec> spec = decode_replicaset(replicaset->meta, *document);
  if (!spec) co_return fail(spec.error());
  if (!spec->meta.deletion_timestamp) {
    if (const Result<void> claimed = co_await claim(*spec); !claimed)
      co_return fail(claimed.error());
  }
  const ReplicaSetPlan plan =
      plan_replicaset(*spec, crew_.owned_by(spec->meta.uid), clock_.system_now());
  std::string failure;
  if (plan.create > 0) failure = co_await crew_.create(replicaset, plan.create);
  if (!plan.remove.empty()) {
    const Result<void> removed = co_await crew_.remove(replicaset, plan.remove);
    if (!removed) co_return fail(removed.error());
  }
  const ReplicaSetPlan after =
      plan_replicaset(*spec, crew_.owned_by(spec->meta.uid), clock_.system_now());
  const Result<void> written = co_await write_status(replicaset, after.status, failure);
  if (!written) co_return fail(written.error());
  co_return kube::Looked{.wake_after = failure.empty() ? after.wake_after : kReplicaSetRetry};
}

asio::awaitable<Result<void>> ReplicaSetController::claim(ReplicaSetSpec spec) {
  for (const kube::ObjectPtr& pod : pods_.controlled_by(spec.meta.uid)) {
    if (!matches(spec.selector, pod->meta.labels) && !pod->meta.deletion_timestamp) {
      const Result<void> released =
          co_await change_owners(pod->meta, release_patch(pod->meta, spec.meta));
      if (!released) co_return released;
    }
  }
  for (const ObjectKey& key : std::set<ObjectKey>(orphans_)) {
    const kube::ObjectPtr pod = pods_.find(key);
    if (is_adoptable(spec, pod)) {
      const Result<void> adopted =
          co_await change_owners(pod->meta, adopt_patch(pod->meta, spec.meta));
      if (!adopted) co_return adopted;
    }
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> ReplicaSetController::change_owners(ObjectMeta pod,
                                                                  std::string patch) {
  kube::PatchOptions options;
  options.uid = pod.uid;
  options.resource_version = pod.resource_version;
  Result<kube::Object> changed = co_await store_.patch(
      pods_.resource(), pod.key(), kube::PatchType::Merge, std::move(patch), options);
  if (changed) {
    pods_.learn(std::move(*changed));
    co_return Result<void>{};
  }
  const bool vanished = changed.error().code == ErrorCode::NotFound;
  co_return vanished ? Result<void>{} : fail(changed.error().within(pod.name));
}

asio::awaitable<Result<void>> ReplicaSetController::write_status(kube::ObjectPtr replicaset,
                                                                 ReplicaSetStatus status,
                                                                 std::string failure) {
  const kube::ObjectPtr current = replicasets_.find(replicaset->meta.key());
  const Result<Json> document = (current == nullptr ? replicaset : current)->parse();
  Json wanted =
      render_replicaset_status(status, replicaset->meta.generation, failure, clock_.system_now());
  if (document && !status_differs(*document, wanted)) co_return Result<void>{};
  if (failure.empty()) wanted["conditions"] = nullptr;
  const Result<bool> stored =
      co_await store_status(store_, replicasets_, replicaset, std::move(wanted));
  co_return stored ? Result<void>{} : fail(stored.error());
}

}  // namespace sluice::local
