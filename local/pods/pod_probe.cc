#include "local/pods/pod_probe.h"

#include "local/pods/pod_log_text.h"
#include "local/pods/pod_wait.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::local {

namespace {

/// A readiness probe that has not passed yet is asked more often than its period says: only the
/// time until the first success gets shorter.
constexpr Duration kEarlyPeriod = std::chrono::milliseconds(250);
constexpr Duration kListenTime = std::chrono::seconds(10);
/// How much of a log is looked at for why its program has ended: a stack's worth.
constexpr int64_t kLastLines = 100;

asio::awaitable<void> wait_in_run(std::shared_ptr<PodRecord> pod, std::shared_ptr<ContainerRun> run,
                                  SteadyTime deadline) {
  Clock& clock = pod->host.clock;
  while (!run->exit && clock.steady_now() < deadline)
    co_await wait_for_change(clock, pod->changed, deadline);
}

/// Shows what a probe has found.
void apply(PodRecord& pod, ContainerSlot slot, ContainerRun& run, ProbeKind kind,
           const ProbeState& state) {
  ContainerStatus& status = pod.status(slot);
  switch (kind) {
    case ProbeKind::Startup:
      status.started = state.passing();
      status.ready = status.started && !pod.container(slot).readiness;
      break;
    case ProbeKind::Readiness:
      status.ready = status.started && state.passing();
      break;
    case ProbeKind::Liveness:
      break;
  }
  if (state.must_kill()) {
    run.kill_message = fmt::format("Container {} failed {} probe, will be restarted", status.name,
                                   kind == ProbeKind::Liveness ? "liveness" : "startup");
  }
  pod.touch();
}

struct ProbeLoop {
  std::shared_ptr<PodRecord> pod;
  ContainerSlot slot;
  std::shared_ptr<ContainerRun> run;
  ActionTarget target;
  ProbeKind kind = ProbeKind::Readiness;
  ProbeSpec spec;
};

asio::awaitable<void> probe(ProbeLoop loop) {
  PodRecord& pod = *loop.pod;
  while (loop.kind != ProbeKind::Startup && !loop.run->exit && !pod.status(loop.slot).started)
    co_await pod.changed.wait();
  co_await wait_in_run(loop.pod, loop.run, loop.run->since + loop.spec.initial_delay);
  ProbeState state(loop.kind, loop.spec);
  bool passed_once = false;
  SteadyTime next_news{};
  while (!loop.run->exit && !state.finished() && !state.must_kill()) {
    const SteadyTime asked = pod.host.clock.steady_now();
    const ActionResult result =
        co_await pod.host.actions.perform(loop.spec.action, loop.target, loop.spec.timeout);
    if (loop.run->exit) co_return;
    // Told at the pace of the period, even while it is asked more often.
    if (!result.ok && asked >= next_news) {
      next_news = asked + loop.spec.period;
      pod.tell(loop.slot, kube::EventType::Warning, "Unhealthy",
               fmt::format("{} probe failed: {}", to_string(loop.kind), result.message));
    }
    if (state.record(result.ok)) apply(pod, loop.slot, *loop.run, loop.kind, state);
    passed_once = passed_once || state.passing();
    const bool early = loop.kind == ProbeKind::Readiness && !passed_once;
    const Duration period = early ? std::min(kEarlyPeriod, loop.spec.period) : loop.spec.period;
    co_await wait_in_run(loop.pod, loop.run, asked + period);
  }
}

/// What the program said last, at most one read of it.
std::string last_words(const PodRecord& pod, ContainerSlot slot, const ContainerRun& run) {
  const ObjectMeta& meta = pod.object->meta;
  LogFileReader log(
      pod.host.logs.path({meta.key(), meta.uid, pod.container(slot).name, run.number}), kLastLines);
  return log.read();
}

}  // namespace

void start_probes(const std::shared_ptr<PodRecord>& pod, ContainerSlot slot,
                  const std::shared_ptr<ContainerRun>& run, const ActionTarget& target) {
  const Container& container = pod->container(slot);
  ContainerStatus& status = pod->status(slot);
  status.started = !container.startup;
  status.ready = status.started && !container.readiness;
  const std::pair<ProbeKind, const std::optional<ProbeSpec>*> probes[] = {
      {ProbeKind::Startup, &container.startup},
      {ProbeKind::Readiness, &container.readiness},
      {ProbeKind::Liveness, &container.liveness}};
  for (const auto& [kind, spec] : probes) {
    if (spec->has_value()) {
      pod->host.tasks.spawn(fmt::format("{} probe", to_string(kind)),
                            probe({pod, slot, run, target, kind, **spec}));
    }
  }
}

asio::awaitable<void> watch_listeners(std::shared_ptr<PodRecord> pod, ContainerSlot slot,
                                      std::shared_ptr<ContainerRun> run) {
  co_await wait_in_run(pod, run, run->since + kListenTime);
  if (run->exit) {
    const std::string in_use =
        describe_address_in_use(last_words(*pod, slot, *run), pod->state.pod_ip);
    if (!in_use.empty()) pod->tell(slot, kube::EventType::Warning, "NotListening", in_use);
    co_return;
  }
  const std::optional<std::vector<Listener>> listeners = pod->host.listeners();
  if (!listeners) co_return;
  for (const ContainerPort& port : pod->container(slot).ports) {
    const std::string missing =
        port.protocol == "TCP" ? describe_missing_listener(*listeners, pod->state.pod_ip, port.port)
                               : "";
    if (!missing.empty()) pod->tell(slot, kube::EventType::Warning, "NotListening", missing);
  }
}

}  // namespace sluice::local
