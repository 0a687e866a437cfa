#include "controller/analysis_controller.h"

#include "analysis/run_planner.h"
#include "base/base64.h"
#include "base/ensure.h"
#include "base/log.h"
#include "crds/analysis_codec.h"

#include <nlohmann/json.hpp>

namespace sluice::controller {
namespace {

/// Runs that are worked on at the same time. Each mostly waits for the API server, and one that
/// waits for long must not hold up another's verdict.
constexpr int kWorkers = 32;

/// The data of a Secret, decoded; empty where a value is not base64.
StringMap decode_secret(const kube::Object& secret) {
  StringMap data;
  const auto document = secret.parse();
  const Json* fields = document ? find_path(*document, "data") : nullptr;
  if (fields == nullptr || !fields->is_object()) return data;
  for (const auto& [key, value] : fields->items()) {
    if (!value.is_string()) continue;
    if (auto decoded = decode_base64(value.get<std::string>())) data.emplace(key, *decoded);
  }
  return data;
}

}  // namespace

AnalysisController::AnalysisController(Parts parts, const boost::asio::any_io_executor& executor)
    : parts_(parts), queue_(parts.clock, executor) {}

void AnalysisController::subscribe() {
  parts_.view.analysis_runs.observe([this](const auto& change) { queue_.add(change.key); });
}

void AnalysisController::start(net::TaskGroup& tasks) {
  tasks_ = &tasks;
  for (int i = 0; i < kWorkers; ++i) tasks.spawn("analysis worker", work());
}

boost::asio::awaitable<void> AnalysisController::work() {
  while (true) {
    const ObjectKey key = co_await queue_.next();
    const Outcome outcome = co_await reconcile(key);
    if (outcome.gone) {
      queue_.forget(key);
    } else if (outcome.failed) {
      queue_.failed(key);
    } else {
      queue_.done(key, outcome.wake_after);
    }
  }
}

boost::asio::awaitable<AnalysisController::Outcome> AnalysisController::reconcile(ObjectKey key) {
  const AnalysisRunPtr held = parts_.view.analysis_run(key);
  if (!held || crds::is_completed(held->value.status.phase)) {
    progress_.erase(key);
    co_return Outcome{.gone = !held};
  }
  crds::AnalysisRun run = held->value;
  const SystemTime now = parts_.clock.system_now();
  const auto values = co_await read_arguments(run);
  const auto metrics = values ? analysis::prepare_metrics(run.spec, *values)
                              : Result<std::vector<analysis::PreparedMetric>>(fail(values.error()));
  if (!metrics) {
    // A Secret that cannot be read right now may be readable later; what is wrong stays wrong.
    if (is_transient(metrics.error().code)) co_return Outcome{.failed = true};
    const auto written =
        co_await write_status(held, analysis::error_status(run, metrics.error(), now));
    co_return Outcome{.failed = !written};
  }

  Progress& progress = progress_[key];
  if (progress.uid != run.meta.uid) progress = {.uid = run.meta.uid};
  const size_t recorded = progress.finished.size();
  const std::set<size_t> in_flight = take_up(progress, *metrics, run.status);
  const analysis::RunPlan plan = analysis::plan_run(run, *metrics, in_flight, now);
  for (const size_t index : plan.due) {
    const analysis::PreparedMetric& metric = (*metrics)[index];
    progress.in_flight.insert(metric.metric.name);
    tasks_->spawn("measure " + key.to_string(), measure(key, run.meta.uid, metric, *values));
  }
  if (crds::is_completed(plan.status.phase)) {
    log_info("analysis verdict", {{"run", key.to_string()},
                                  {"phase", std::string(crds::to_string(plan.status.phase))},
                                  {"why", plan.status.message}});
    note_verdict(run.meta, plan.status.phase);
  }
  const auto written = co_await write_status(held, plan.status);
  if (!written) co_return Outcome{.failed = true};
  if (const auto kept = progress_.find(key); kept != progress_.end()) {
    auto& finished = kept->second.finished;
    finished.erase(finished.begin(), finished.begin() + static_cast<std::ptrdiff_t>(
                                                            std::min(recorded, finished.size())));
  }
  if (!plan.wake_at) co_return Outcome{};
  const Duration wait = *plan.wake_at - parts_.clock.system_now();
  co_return Outcome{.wake_after = std::max(wait, Duration::zero())};
}

std::set<size_t> AnalysisController::take_up(const Progress& progress,
                                             const std::vector<analysis::PreparedMetric>& metrics,
                                             crds::AnalysisRunStatus& status) {
  std::set<size_t> in_flight;
  for (size_t i = 0; i < metrics.size(); ++i) {
    const std::string& name = metrics[i].metric.name;
    if (progress.in_flight.contains(name)) in_flight.insert(i);
    for (const Finished& finished : progress.finished) {
      if (finished.metric != name) continue;
      analysis::record_measurement(status, metrics[i], finished.measurement);
    }
  }
  return in_flight;
}

void AnalysisController::note_verdict(const ObjectMeta& run, crds::AnalysisPhase phase) {
  const bool bad = phase == crds::AnalysisPhase::Failed || phase == crds::AnalysisPhase::Error;
  const OwnerReference* owner = run.controller();
  if (!bad || owner == nullptr) return;
  const ObjectKey key{run.namespace_, owner->name};
  const RolloutPtr rollout = parts_.view.rollout(key);
  // Where the canary has no traffic no routing write will answer.
  const bool routed = rollout && rollout->value.status.canary.weights &&
                      rollout->value.status.canary.weights->canary.weight > 0;
  if (routed) parts_.metrics.judged_bad(key, parts_.clock.steady_now());
}

boost::asio::awaitable<void> AnalysisController::measure(ObjectKey key, std::string uid,
                                                         analysis::PreparedMetric metric,
                                                         analysis::ArgumentValues values) {
  // Anybody can write a run with any word there; the label's values are bounded.
  const std::string kind = metric.metric.provider.kind;
  const std::string name = metric.metric.name;
  const std::string provider = parts_.providers.find(kind) ? kind : "unknown";
  crds::Measurement measurement = co_await analysis::take_measurement(
      parts_.providers, parts_.clock, std::move(metric), std::move(values));
  parts_.metrics.measured(provider, measurement.phase);
  const auto found = progress_.find(key);
  if (found == progress_.end() || found->second.uid != uid) co_return;
  found->second.in_flight.erase(name);
  found->second.finished.push_back({name, std::move(measurement)});
  queue_.add(key);
}

boost::asio::awaitable<Result<analysis::ArgumentValues>> AnalysisController::read_arguments(
    crds::AnalysisRun run) {
  std::map<std::string, StringMap> secrets;
  const kube::Resource* resource = kube::find_resource("", "Secret");
  SLUICE_ENSURE(resource != nullptr, "Secret is in the table of resources");
  for (const auto& [name, key] : analysis::referenced_secrets(run.spec.args)) {
    if (secrets.contains(name)) continue;
    const ObjectKey where{run.meta.namespace_, name};
    const auto secret = co_await parts_.store.get(*resource, where);
    if (secret) {
      secrets[name] = decode_secret(*secret);
    } else if (secret.error().code != ErrorCode::NotFound) {
      co_return fail(secret.error().within("Secret " + name));
    }
  }
  co_return analysis::argument_values(
      run.spec.args,
      [&secrets](std::string_view name, std::string_view key) -> std::optional<std::string> {
        const auto secret = secrets.find(std::string(name));
        if (secret == secrets.end()) return std::nullopt;
        const auto value = secret->second.find(key);
        if (value == secret->second.end()) return std::nullopt;
        return value->second;
      });
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
  auto patched = co_await parts_.store.patch(cache.resource(), meta.key(), kube::PatchType::Merge,
                                             dump_json(body), options);
  if (!patched) {
    log_warn("cannot write the analysis run",
             {{"run", meta.key().to_string()}, {"error", patched.error().message}});
    if (patched.error().code == ErrorCode::Conflict) co_await cache.refresh(meta.key());
    co_return fail(patched.error());
  }
  cache.learn(*std::move(patched));
  co_return Result<void>{};
}

}  // namespace sluice::controller
