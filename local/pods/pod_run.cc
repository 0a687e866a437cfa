#include "local/pods/pod_run.h"

#include "local/pods/pod_probe.h"
#include "local/pods/pod_wait.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace sluice::local {

namespace {

constexpr int kStartFailed = 128;

bool must_end(const PodRecord& pod, const ContainerRun& run) {
  return pod.stopping || !run.kill_message.empty();
}

/// Until when the container may go on; a shorter grace may come while it is ending.
SteadyTime kill_time(const PodRecord& pod, SteadyTime begun) {
  const SteadyTime own = begun + pod.spec.termination_grace;
  return pod.stopping ? pod.kill_at : own;
}

/// The preStop hook, beside which the end of the container is watched.
struct HookRun {
  ProbeAction action;
  ActionTarget target;
  Duration timeout{};
  bool ended = false;
};

asio::awaitable<void> run_hook(std::shared_ptr<PodRecord> pod, ContainerSlot slot,
                               std::shared_ptr<HookRun> hook) {
  const ActionResult done =
      co_await pod->host.actions.perform(hook->action, hook->target, hook->timeout);
  hook->ended = true;
  pod->changed.notify();
  if (!done.ok && !pod->closed)
    pod->tell(slot, kube::EventType::Warning, "FailedPreStopHook", done.message);
}

/// Waits for the hook, but no longer than the container runs and may run: a second deletion may cut
/// its grace short.
asio::awaitable<void> wait_for_hook(std::shared_ptr<PodRecord> pod, ContainerSlot slot,
                                    std::shared_ptr<ContainerRun> run, SteadyTime begun,
                                    ActionTarget target) {
  const std::optional<ProbeAction>& action = pod->container(slot).pre_stop;
  Clock& clock = pod->host.clock;
  if (!action || kill_time(*pod, begun) <= begun) co_return;
  const auto hook = std::make_shared<HookRun>(*action, std::move(target));
  hook->timeout = kill_time(*pod, begun) - begun;
  pod->host.tasks.spawn("preStop hook", run_hook(pod, slot, hook));
  while (!hook->ended && !run->exit && clock.steady_now() < kill_time(*pod, begun))
    co_await wait_for_change(clock, pod->changed, kill_time(*pod, begun));
}

asio::awaitable<void> end_run(std::shared_ptr<PodRecord> pod, ContainerSlot slot,
                              std::shared_ptr<ContainerRun> run, ActionTarget target) {
  Clock& clock = pod->host.clock;
  const SteadyTime begun = clock.steady_now();
  pod->tell(slot, kube::EventType::Normal, "Killing",
            run->kill_message.empty()
                ? fmt::format("Stopping container {}", pod->container(slot).name)
                : run->kill_message);
  co_await wait_for_hook(pod, slot, run, begun, std::move(target));
  if (!run->exit) pod->host.runner.signal(run->process, SIGTERM);
  while (!run->exit && clock.steady_now() < kill_time(*pod, begun))
    co_await wait_for_change(clock, pod->changed, kill_time(*pod, begun));
  if (!run->exit) pod->host.runner.signal(run->process, SIGKILL);
  while (!run->exit) co_await pod->changed.wait();
}

Termination describe_end(const ContainerStatus& status, ProcessExit exit, SystemTime now) {
  Termination end;
  end.exit_code = exit.code;
  end.signal = exit.signal;
  end.reason = exit.code == 0 ? "Completed" : "Error";
  end.started = status.running_since;
  end.finished = now;
  end.container_id = status.container_id;
  return end;
}

void show_start_failure(PodRecord& pod, ContainerSlot slot, const Error& error) {
  ContainerStatus& status = pod.status(slot);
  Termination end;
  end.exit_code = kStartFailed;
  end.reason = "StartError";
  end.message = error.message;
  end.started = end.finished = pod.host.clock.system_now();
  end.container_id = status.container_id;
  show_terminated(status, std::move(end));
  pod.tell(slot, kube::EventType::Warning, "Failed", "Error: " + error.message);
  pod.touch();
}

/// Counts the run and gives it its log.
Result<void> open_run(PodRecord& pod, ContainerSlot slot, ContainerRun& run, ProcessSpec& process) {
  ContainerStatus& status = pod.status(slot);
  run.number = next_run(status);
  const std::string& uid = pod.object->meta.uid;
  begin_run(status, fmt::format("sluice://{}/{}/{}", uid, status.name, run.number));
  status.image_id = pod.container(slot).image;
  const Result<std::filesystem::path> log =
      pod.host.logs.prepare({pod.object->meta.key(), uid, status.name, run.number});
  if (!log) return fail(log.error());
  process.log.path = log->string();
  return {};
}

void show_start(PodRecord& pod, ContainerSlot slot) {
  const Container& container = pod.container(slot);
  pod.tell(slot, kube::EventType::Normal, "Pulled",
           fmt::format("Container image \"{}\" already present on machine", container.image));
  pod.tell(slot, kube::EventType::Normal, "Created", "Created container: " + container.name);
  pod.tell(slot, kube::EventType::Normal, "Started", "Started container " + container.name);
  show_running(pod.status(slot), pod.host.clock.system_now());
}

}  // namespace

asio::awaitable<void> run_once(std::shared_ptr<PodRecord> pod, ContainerSlot slot,
                               PreparedContainer prepared) {
  PodHost& host = pod->host;
  const auto run = std::make_shared<ContainerRun>();
  if (const Result<void> opened = open_run(*pod, slot, *run, prepared.process); !opened) {
    show_start_failure(*pod, slot, opened.error());
    co_return;
  }
  const ProcessRunner::ExitCallback on_exit = [pod, run](ProcessExit exit) {
    run->exit = exit;
    pod->changed.notify();
  };
  const Result<Process> process = co_await host.runner.start(std::move(prepared.process), on_exit);
  if (!process) {
    show_start_failure(*pod, slot, process.error());
    co_return;
  }
  run->process = process->id;
  run->since = host.clock.steady_now();
  show_start(*pod, slot);
  start_probes(pod, slot, run, prepared.target);
  host.tasks.spawn("listeners of a pod", watch_listeners(pod, slot, run));
  pod->touch();
  while (!run->exit && !must_end(*pod, *run)) co_await pod->changed.wait();
  if (!run->exit) co_await end_run(pod, slot, run, std::move(prepared.target));
  ContainerStatus& status = pod->status(slot);
  show_terminated(status, describe_end(status, *run->exit, host.clock.system_now()));
  pod->touch();
}

}  // namespace sluice::local
