#include "local/pods/job_controller.h"

#include "local/pods/status_write.h"

#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

constexpr Duration kJobRetry = std::chrono::seconds(1);

/// The Job that controls the pod; an empty name where none does.
ObjectKey owner_of(const kube::ObjectPtr& pod) {
  const OwnerReference* owner = pod == nullptr ? nullptr : pod->meta.controller();
  const bool job = owner != nullptr && owner->kind == "Job";
  return job ? ObjectKey{pod->meta.namespace_, owner->name} : ObjectKey{};
}

}  // namespace

JobController::JobController(kube::ObjectStore& store, Clock& clock,
                             const asio::any_io_executor& executor, kube::WatchCache& jobs,
                             kube::WatchCache& pods, PodFactsMemo& facts,
                             kube::EventRecorder& events)
    : store_(store),
      clock_(clock),
      jobs_(jobs),
      pods_(pods),
      events_(events),
      crew_(store, pods, facts, events),
      loop_(clock, executor, "Job", [this](ObjectKey key) { return look(std::move(key)); }) {
  jobs_.observe([this](const kube::WatchCache::Change& change) { loop_.add(change.key); });
  pods_.observe([this](const kube::WatchCache::Change& change) { pod_changed(change); });
}

void JobController::pod_changed(const kube::WatchCache::Change& change) {
  crew_.note(change);
  for (const kube::ObjectPtr& pod : {change.before, change.after})
    if (const ObjectKey owner = owner_of(pod); !owner.name.empty()) loop_.add(owner);
}

asio::awaitable<void> JobController::run() {
  co_await jobs_.wait_synced();
  co_await pods_.wait_synced();
  co_await loop_.work();
}

asio::awaitable<Result<kube::Looked>> JobController::look(ObjectKey key) {
  const kube::ObjectPtr object = jobs_.find(key);
  if (object == nullptr) co_return kube::Looked{};
  const Result<Json> document = object->parse();
  if (!document) co_return fail(document.error());
  const Job job = decode_job(object->meta, *document);
  const std::string& uid = object->meta.uid;
  const JobPlan plan = plan_job(job, crew_.owned_by(uid), clock_.system_now());
  if (plan.remove_job) co_return co_await remove_job(object->meta);
  std::string failure;
  if (plan.create > 0) failure = co_await crew_.create(object, plan.create);
  const Result<void> removed = co_await crew_.remove(object, plan.remove);
  if (!removed) co_return fail(removed.error());
  const JobPlan after = plan_job(job, crew_.owned_by(uid), clock_.system_now());
  const Result<void> written = co_await write_status(object, job.status, after.status);
  if (!written) co_return fail(written.error());
  co_return kube::Looked{.wake_after = failure.empty() ? after.wake_after : kJobRetry};
}

asio::awaitable<Result<kube::Looked>> JobController::remove_job(ObjectMeta job) {
  kube::RemoveOptions options;
  options.uid = job.uid;
  options.propagation = kube::Propagation::Background;
  const Result<void> removed = co_await store_.remove(jobs_.resource(), job.key(), options);
  if (removed || has_vanished(removed.error())) co_return kube::Looked{};
  co_return fail(removed.error().within("time to live"));
}

asio::awaitable<Result<void>> JobController::write_status(kube::ObjectPtr job, JobStatus before,
                                                          JobStatus status) {
  if (before == status) co_return Result<void>{};
  const Result<bool> stored = co_await store_status(store_, jobs_, job, render_job_status(status));
  if (!stored) co_return fail(stored.error());
  if (*stored) tell_end(*job, before, status);
  co_return Result<void>{};
}

void JobController::tell_end(const kube::Object& job, const JobStatus& before,
                             const JobStatus& status) {
  if (!status.end || before.end) return;
  const Json conditions = render_job_status(status)["conditions"];
  const std::string reason = string_at(conditions[0], "reason");
  const std::string message = string_at(conditions[0], "message");
  if (status.end == JobEnd::Complete)
    events_.record(job, kube::EventType::Normal, "Completed", "Job completed");
  else
    events_.record(job, kube::EventType::Warning, reason, message);
}

}  // namespace sluice::local
