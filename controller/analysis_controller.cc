#include "controller/analysis_controller.h"

#include "base/log.h"
#include "controller/object_writer.h"
#include "controller/run_metrics.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::controller {
namespace {

using crds::AnalysisPhase;

/// Runs that are worked on at the same time. Each mostly waits for the API server, and one that
/// waits for long must not hold up another's verdict.
constexpr int kWorkers = 32;

/// True where the metric's result holds that measurement. One metric's measurements start in
/// different seconds (analysis::plan_run), and stored times are whole ones.
bool shows(const crds::AnalysisRunStatus& status, const std::string& metric,
           const crds::Measurement& measurement) {
  return std::ranges::any_of(status.metric_results, [&](const crds::MetricResult& result) {
    return result.name == metric && std::ranges::any_of(result.measurements, [&](const auto& one) {
             return one.started_at == measurement.started_at && one.phase == measurement.phase &&
                    one.resume_at == measurement.resume_at;
           });
  });
}

/// Half of what has passed of the present second, so that no measurement slips into the next one.
Duration offset_of(SystemTime now) {
  return (now - std::chrono::floor<std::chrono::seconds>(now)) / 2;
}

/// The Rollout that a run judges: by its controlling owner, and by the labels of a run that was
/// made for the Rollout's current revision. Null where there is none.
RolloutPtr judged_rollout(ClusterView& view, const ObjectMeta& run) {
  const OwnerReference* owner = run.controller();
  if (owner == nullptr || owner->kind != crds::kRollout) return nullptr;
  RolloutPtr rollout = view.rollout({run.namespace_, owner->name});
  if (!rollout || rollout->value.meta.uid != owner->uid) return nullptr;
  const bool current =
      !run.label(crds::kRolloutTypeLabel).empty() &&
      run.label(crds::kPodTemplateHashLabel) == rollout->value.status.current_pod_hash;
  return current ? rollout : nullptr;
}

/// Nothing answers a verdict where the revision has no traffic, or where somebody promotes anyway.
bool awaits_answer(const crds::RolloutStatus& status) {
  const bool weighs = status.canary.weights && status.canary.weights->canary.weight > 0;
  const bool serves = status.blue_green.active_selector == status.current_pod_hash &&
                      status.stable_rs != status.current_pod_hash;
  return (weighs || serves) && !status.promote_full;
}

}  // namespace

AnalysisController::AnalysisController(Parts parts, const boost::asio::any_io_executor& executor)
    : parts_(parts), loop_(parts.clock, executor, "AnalysisRun", [this](ObjectKey key) {
        return look(std::move(key));
      }) {}

void AnalysisController::start(net::TaskGroup& tasks) {
  tasks_ = &tasks;
  kube::WatchCache& runs = parts_.view.analysis_runs;
  subscription_ = runs.subscribe([this](const auto& change) {
    settle_verdict(change.key);
    loop_.add(change.key);
  });
  for (const ObjectKey& run : runs.keys()) loop_.add(run);
  for (int i = 0; i < kWorkers; ++i) tasks.spawn("analysis worker", loop_.work());
}

void AnalysisController::settle_verdict(const ObjectKey& key) {
  if (parts_.verdicts.empty()) return;
  const AnalysisRunPtr run = parts_.view.analysis_run(key);
  if (!run || crds::is_completed(run->value.status.phase)) parts_.verdicts.forget(key);
}

boost::asio::awaitable<Result<kube::Looked>> AnalysisController::look(ObjectKey key) {
  const AnalysisRunPtr run = parts_.view.analysis_run(key);
  if (!run || crds::is_completed(run->value.status.phase)) {
    abandon(key);
    if (!run) co_return kube::Looked{};
    co_return co_await end_open(run);
  }
  const auto metrics = plannable_metrics(run->value.spec);
  if (!metrics) {
    const crds::AnalysisRunStatus status =
        analysis::error_status(run->value, metrics.error(), parts_.clock.system_now());
    announce(run->value.meta, status);
    const auto written = co_await write_status(run, status);
    if (!written) co_return fail(written.error());
    co_return kube::Looked{};
  }
  const analysis::RunPlan next = plan(run->value, *metrics);
  const Duration offset = progress_[key].offset;
  announce(run->value.meta, next.status);
  const auto written = co_await write_status(run, next.status);
  if (!written) co_return fail(written.error());
  for (const size_t index : next.due)
    start_measurement(run, index, (*metrics)[index], next.status.metric_results[index]);
  if (!next.wake_at) co_return kube::Looked{};
  const Duration wait = *next.wake_at + offset - parts_.clock.system_now();
  co_return kube::Looked{.wake_after = std::max(wait, Duration::zero())};
}

void AnalysisController::abandon(const ObjectKey& key) {
  const auto found = progress_.find(key);
  if (found == progress_.end()) return;
  for (const auto& [name, task] : found->second.in_flight) tasks_->cancel(task);
  progress_.erase(found);
}

boost::asio::awaitable<Result<kube::Looked>> AnalysisController::end_open(AnalysisRunPtr run) {
  crds::AnalysisRunStatus status = run->value.status;
  const auto& metrics = run->value.spec.metrics;
  for (size_t i = 0; i < status.metric_results.size(); ++i) {
    crds::MetricResult& result = status.metric_results[i];
    const crds::Measurement* open = analysis::open_measurement(result);
    if (open == nullptr) continue;
    std::string kind = i < metrics.size() ? metrics[i].provider.kind : std::string();
    auto ended = co_await analysis::end_measurement(parts_.providers, parts_.clock, std::move(kind),
                                                    run->value.meta, *open);
    if (!ended) co_return fail(ended.error().within("ending the metric " + result.name));
    result.measurements.back() = *std::move(ended);
  }
  const auto written = co_await write_status(run, status);
  if (!written) co_return fail(written.error());
  co_return kube::Looked{};
}

analysis::RunPlan AnalysisController::plan(const crds::AnalysisRun& stored,
                                           const std::vector<analysis::PreparedMetric>& metrics) {
  Progress& progress = progress_[stored.meta.key()];
  if (progress.uid != stored.meta.uid) {
    for (const auto& [name, task] : progress.in_flight) tasks_->cancel(task);
    progress = {.uid = stored.meta.uid, .offset = offset_of(parts_.clock.system_now())};
  }
  std::erase_if(progress.finished, [&](const auto& finished) {
    return shows(stored.status, finished.first, finished.second);
  });
  crds::AnalysisRun run = stored;
  std::set<size_t> in_flight;
  for (size_t i = 0; i < metrics.size(); ++i) {
    const std::string& name = metrics[i].metric.name;
    if (progress.in_flight.contains(name)) in_flight.insert(i);
    const auto finished = progress.finished.find(name);
    if (finished == progress.finished.end()) continue;
    analysis::record_measurement(run.status, metrics[i], finished->second);
  }
  return analysis::plan_run(run, metrics, in_flight, parts_.clock.system_now());
}

void AnalysisController::foresee(const ObjectKey& key) {
  const AnalysisRunPtr run = parts_.view.analysis_run(key);
  if (!run || crds::is_completed(run->value.status.phase)) return;
  const auto metrics = plannable_metrics(run->value.spec);
  if (metrics) announce(run->value.meta, plan(run->value, *metrics).status);
}

void AnalysisController::announce(const ObjectMeta& run, const crds::AnalysisRunStatus& status) {
  const bool bad = status.phase == AnalysisPhase::Failed || status.phase == AnalysisPhase::Error;
  const bool news = parts_.verdicts.take(run, status);
  if (!crds::is_completed(status.phase) || (bad && !news)) return;
  log_info("analysis verdict", {{"run", run.key().to_string()},
                                {"phase", std::string(crds::to_string(status.phase))},
                                {"why", status.message}});
  if (!bad) return;
  const RolloutPtr rollout = judged_rollout(parts_.view, run);
  if (!rollout || !awaits_answer(rollout->value.status)) return;
  parts_.metrics.judged_bad(rollout->value, parts_.clock.steady_now());
}

boost::asio::awaitable<Result<void>> AnalysisController::write_status(
    AnalysisRunPtr run, crds::AnalysisRunStatus status) {
  if (status == run->value.status) co_return Result<void>{};
  Json body = Json::object();
  body["status"] = make_merge_patch(crds::encode_analysis_run_status(run->value.status),
                                    crds::encode_analysis_run_status(status));
  const ObjectMeta& meta = run->value.meta;
  kube::WatchCache& cache = parts_.view.analysis_runs;
  // A verdict that was written although its answer got lost must not be replaced by another one.
  const kube::PatchOptions options{.resource_version = meta.resource_version, .uid = meta.uid};
  ObjectWriter writer(parts_.store, parts_.writes);
  const auto written =
      co_await writer.patch(cache, meta.key(), kube::PatchType::Merge, dump_json(body), options);
  if (!written) co_return fail(written.error());
  co_return Result<void>{};
}

void AnalysisController::start_measurement(const AnalysisRunPtr& run, size_t index,
                                           analysis::PreparedMetric planned,
                                           const crds::MetricResult& result) {
  const ObjectKey key = run->value.meta.key();
  const std::string name = planned.metric.name;
  analysis::MeasurementTask task{.metric = std::move(planned),
                                 .values = {},
                                 .run = run->value.meta,
                                 .number = result.count + result.error + 1,
                                 .open = {}};
  if (const crds::Measurement* open = analysis::open_measurement(result)) task.open = *open;
  progress_[key].in_flight[name] =
      tasks_->spawn("measure " + key.to_string(), measure(run, index, std::move(task)));
}

boost::asio::awaitable<void> AnalysisController::measure(AnalysisRunPtr run, size_t index,
                                                         analysis::MeasurementTask task) {
  // Anybody can write a run with any word there; the label's values are bounded.
  const std::string kind = task.metric.metric.provider.kind;
  const std::string provider = parts_.providers.find(kind) ? kind : "unknown";
  const std::string name = task.metric.metric.name;
  crds::Measurement measurement = co_await take(run, index, std::move(task));
  const ObjectMeta& meta = run->value.meta;
  const auto found = progress_.find(meta.key());
  // What was broken off shows nothing.
  if (found == progress_.end() || found->second.uid != meta.uid) co_return;
  if (crds::is_completed(measurement.phase)) parts_.metrics.measured(provider, measurement.phase);
  found->second.in_flight.erase(name);
  const bool good = measurement.phase == AnalysisPhase::Successful;
  found->second.finished.insert_or_assign(name, std::move(measurement));
  if (!good) foresee(meta.key());
  loop_.add(meta.key());
}

boost::asio::awaitable<crds::Measurement> AnalysisController::take(AnalysisRunPtr run, size_t index,
                                                                   analysis::MeasurementTask task) {
  const SystemTime started_at = parts_.clock.system_now();
  auto ready = co_await measurable_metric(parts_.store, run, index);
  if (!ready && task.open) {
    // What goes on elsewhere has not ended because a Secret cannot be read.
    task.open->resume_at =
        std::chrono::ceil<std::chrono::seconds>(started_at) + analysis::kErrorRetry;
    co_return *std::move(task.open);
  }
  if (!ready) {
    co_return analysis::judge_sample(task.metric, fail(ready.error()), started_at,
                                     parts_.clock.system_now());
  }
  task.metric = std::move(ready->metric);
  task.values = std::move(ready->values);
  co_return co_await analysis::take_measurement(parts_.providers, parts_.clock, std::move(task));
}

}  // namespace sluice::controller
