#include "local/pods/pod_runtime.h"

#include "local/pods/disruption_controller.h"
#include "local/pods/endpoints_controller.h"
#include "local/pods/job_controller.h"
#include "local/pods/kubelet.h"
#include "local/pods/pod_log_reader.h"
#include "local/pods/replicaset_controller.h"
#include "net/task_group.h"

namespace sluice::local {

namespace {

kube::WatchCache::Options watch_all(const char* group, const char* kind) {
  kube::WatchCache::Options options;
  options.resource = *kube::find_resource(group, kind);
  return options;
}

/// Of no kind that Sluice's controller ever asks for.
kube::WatchCache::Options watch_budgets() {
  kube::WatchCache::Options options;
  options.resource = {.gvk = {"policy", "v1", "PodDisruptionBudget"},
                      .plural = "poddisruptionbudgets"};
  return options;
}

}  // namespace

struct PodRuntime::Parts {
  Parts(kube::ObjectStore& object_store, Clock& the_clock, const asio::any_io_executor& executor,
        ProcessRunner& runner, PodActions& actions, const PodRuntimeOptions& options)
      : store(object_store),
        clock(the_clock),
        tasks(executor),
        pods(store, clock, executor, watch_all("", "Pod")),
        services(store, clock, executor, watch_all("", "Service")),
        replicasets(store, clock, executor, watch_all("apps", "ReplicaSet")),
        jobs(store, clock, executor, watch_all("batch", "Job")),
        slices(store, clock, executor, watch_all("discovery.k8s.io", "EndpointSlice")),
        budgets(store, clock, executor, watch_budgets()),
        kubelet_events(store, clock, executor, "kubelet"),
        replicaset_events(store, clock, executor, "replicaset-controller"),
        job_events(store, clock, executor, "job-controller"),
        facts(pods),
        host{store,
             pods,
             clock,
             runner,
             actions,
             kubelet_events,
             tasks,
             executor,
             ImageCatalog(options.images),
             PodLogFiles(options.logs),
             options.search_path,
             options.listeners,
             options.pods_max,
             net::TurnLine(executor)},
        kubelet(host, options.address_seed),
        replicaset_controller(store, clock, executor, replicasets, pods, facts, replicaset_events),
        job_controller(store, clock, executor, jobs, pods, facts, job_events),
        endpoints_controller(store, clock, executor, services, pods, slices, facts),
        disruption_controller(store, clock, executor, budgets, pods, facts),
        logs(pods, PodLogFiles(options.logs), clock,
             [this](const std::string& uid, const std::string& container, int run) {
               return kubelet.is_running(uid, container, run);
             }) {}

  kube::ObjectStore& store;
  Clock& clock;
  net::TaskGroup tasks;
  kube::WatchCache pods;
  kube::WatchCache services;
  kube::WatchCache replicasets;
  kube::WatchCache jobs;
  kube::WatchCache slices;
  kube::WatchCache budgets;
  kube::EventRecorder kubelet_events;
  kube::EventRecorder replicaset_events;
  kube::EventRecorder job_events;
  PodFactsMemo facts;
  PodHost host;
  Kubelet kubelet;
  ReplicaSetController replicaset_controller;
  JobController job_controller;
  EndpointsController endpoints_controller;
  DisruptionController disruption_controller;
  FilePodLogs logs;
};

PodRuntime::PodRuntime(kube::ObjectStore& store, Clock& clock, asio::any_io_executor executor,
                       ProcessRunner& runner, PodActions& actions, PodRuntimeOptions options)
    : parts_(std::make_unique<Parts>(store, clock, executor, runner, actions, options)) {}

PodRuntime::~PodRuntime() = default;

asio::awaitable<Result<void>> PodRuntime::start() {
  Result<void> registered =
      co_await register_node(parts_->store, parts_->clock, parts_->host.pods_max);
  if (!registered) co_return registered;
  net::TaskGroup& tasks = parts_->tasks;
  tasks.spawn("pods", parts_->pods.run());
  tasks.spawn("services", parts_->services.run());
  tasks.spawn("replicasets", parts_->replicasets.run());
  tasks.spawn("jobs", parts_->jobs.run());
  tasks.spawn("endpoint slices", parts_->slices.run());
  tasks.spawn("disruption budgets", parts_->budgets.run());
  tasks.spawn("kubelet events", parts_->kubelet_events.run());
  tasks.spawn("replicaset events", parts_->replicaset_events.run());
  tasks.spawn("job events", parts_->job_events.run());
  tasks.spawn("kubelet", parts_->kubelet.run());
  tasks.spawn("replicaset controller", parts_->replicaset_controller.run());
  tasks.spawn("job controller", parts_->job_controller.run());
  tasks.spawn("endpoints controller", parts_->endpoints_controller.run());
  tasks.spawn("disruption controller", parts_->disruption_controller.run());
  co_return Result<void>{};
}

asio::awaitable<void> PodRuntime::stop() {
  return parts_->tasks.stop();
}

PodLogs& PodRuntime::logs() {
  return parts_->logs;
}

kube::WatchCache& PodRuntime::pods() {
  return parts_->pods;
}

}  // namespace sluice::local
