#include "local/pods/pod_container.h"

#include "local/pods/pod_backoff.h"
#include "local/pods/pod_prepare.h"
#include "local/pods/pod_run.h"
#include "local/pods/pod_wait.h"

#include <fmt/format.h>

namespace sluice::local {

namespace {

asio::awaitable<void> back_off(std::shared_ptr<PodRecord> pod, ContainerSlot slot, Duration wait) {
  const ObjectMeta& meta = pod->object->meta;
  const std::string name = fmt::format("{} in pod {}_{}({})", pod->container(slot).name, meta.name,
                                       meta.namespace_, meta.uid);
  const SteadyTime deadline = pod->host.clock.steady_now() + wait;
  show_waiting(
      pod->status(slot), "CrashLoopBackOff",
      fmt::format("back-off {} restarting failed container={} pod={}_{}({})", format_duration(wait),
                  pod->container(slot).name, meta.name, meta.namespace_, meta.uid));
  pod->tell(slot, kube::EventType::Warning, "BackOff",
            "Back-off restarting failed container " + name);
  pod->touch();
  while (!pod->stopping && pod->host.clock.steady_now() < deadline)
    co_await wait_for_change(pod->host.clock, pod->changed, deadline);
}

bool has_ended_for_good(PodRecord& pod, ContainerSlot slot) {
  const ContainerStatus& status = pod.status(slot);
  return status.phase == ContainerPhase::Terminated &&
         !should_restart(pod.spec.restart_policy, slot.init, status.terminated->exit_code);
}

}  // namespace

bool should_restart(RestartPolicy policy, bool init, int exit_code) {
  switch (policy) {
    case RestartPolicy::Always:
      return !init || exit_code != 0;
    case RestartPolicy::OnFailure:
      return exit_code != 0;
    case RestartPolicy::Never:
      return false;
  }
  return false;
}

asio::awaitable<void> run_container(std::shared_ptr<PodRecord> pod, ContainerSlot slot) {
  RestartBackoff backoff;
  while (!pod->stopping && !has_ended_for_good(*pod, slot)) {
    std::optional<PreparedContainer> prepared = co_await prepare_container(pod, slot);
    if (!prepared) co_return;
    co_await run_once(pod, slot, std::move(*prepared));
    if (pod->stopping || has_ended_for_good(*pod, slot)) co_return;
    const Duration wait = backoff.next(pod->host.clock.steady_now());
    if (wait > Duration{}) co_await back_off(pod, slot, wait);
  }
}

}  // namespace sluice::local
