#include "local/pods/pod_worker.h"

#include "base/log.h"
#include "local/pods/pod_container.h"
#include "local/pods/pod_publish.h"
#include "net/sleep.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

constexpr Duration kWorkerRetry = std::chrono::seconds(1);

void stop_pod(PodRecord& pod, Duration grace) {
  const SteadyTime kill_at = pod.host.clock.steady_now() + grace;
  pod.kill_at = pod.stopping ? std::min(pod.kill_at, kill_at) : kill_at;
  pod.stopping = true;
  pod.changed.notify();
}

asio::awaitable<void> run_and_count(std::shared_ptr<PodRecord> pod, ContainerSlot slot) {
  co_await run_container(pod, slot);
  --pod->active;
  pod->changed.notify();
}

/// True when all have succeeded.
asio::awaitable<bool> run_init_containers(std::shared_ptr<PodRecord> pod) {
  for (size_t i = 0; i < pod->spec.init_containers.size(); ++i) {
    const ContainerSlot slot{true, i};
    co_await run_container(pod, slot);
    const ContainerStatus& status = pod->status(slot);
    if (!status.terminated || status.terminated->exit_code != 0) co_return false;
  }
  co_return true;
}

asio::awaitable<void> run_containers(std::shared_ptr<PodRecord> pod) {
  pod->active = pod->spec.containers.size();
  for (size_t i = 0; i < pod->spec.containers.size(); ++i) {
    pod->host.tasks.spawn("container " + pod->spec.containers[i].name,
                          run_and_count(pod, {false, i}));
  }
  while (pod->active > 0) co_await pod->changed.wait();
}

/// Deletes the object for good.
asio::awaitable<void> release(std::shared_ptr<PodRecord> pod) {
  kube::RemoveOptions options;
  options.uid = pod->object->meta.uid;
  options.grace_period_seconds = 0;
  while (!pod->gone) {
    const Result<void> removed = co_await pod->host.store.remove(pod->host.pods.resource(),
                                                                 pod->object->meta.key(), options);
    if (removed || removed.error().code == ErrorCode::NotFound ||
        removed.error().code == ErrorCode::Conflict) {
      co_return;
    }
    log_warn("cannot delete a pod that has ended",
             {{"pod", pod->object->meta.key().to_string()}, {"error", removed.error().message}});
    co_await net::sleep_for(pod->host.clock, kWorkerRetry);
  }
}

}  // namespace

asio::awaitable<void> run_pod(std::shared_ptr<PodRecord> pod) {
  co_await pod->host.turns.take_turn();
  pod->host.tasks.spawn("status of a pod", publish_status(pod));
  const bool initialized = co_await run_init_containers(pod);
  if (initialized && !pod->stopping) co_await run_containers(pod);
  while (!pod->stopping) co_await pod->changed.wait();
  pod->state.ended = true;
  pod->touch();
  co_await wait_published(pod);
  co_await release(pod);
  pod->closed = true;
  pod->changed.notify();
}

void update_pod(PodRecord& pod, kube::ObjectPtr object) {
  pod.object = std::move(object);
  const bool has_gates = !pod.spec.readiness_gates.empty();
  if (!pod.object->meta.deletion_timestamp && !has_gates) return;
  const Result<Json> document = pod.object->parse();
  if (!document) return;
  if (const Json* status = find_path(*document, "status"); has_gates && status != nullptr) {
    pod.published = dump_json(*status);  // The conditions that others set.
    pod.touch();
  }
  if (pod.object->meta.deletion_timestamp)
    stop_pod(pod, seconds_at(*document, "metadata.deletionGracePeriodSeconds"));
}

void abandon_pod(PodRecord& pod) {
  pod.gone = true;
  stop_pod(pod, {});
}

bool is_container_running(const PodRecord& pod, const std::string& container, int run) {
  for (const auto* list : {&pod.state.init_containers, &pod.state.containers}) {
    for (const ContainerStatus& status : *list)
      if (status.name == container && status.restarts == run)
        return status.phase == ContainerPhase::Running;
  }
  return false;
}

}  // namespace sluice::local
