#include "analysis/providers/metric_provider.h"

#include "analysis/judge.h"
#include "base/ensure.h"

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::analysis {
namespace {

/// Begins the measurement or carries it on.
net::Awaitable<Result<Answer>> ask(const ProviderRegistry& registry, MeasurementTask task,
                                   KnownSecrets secrets, SystemTime now) {
  const auto provider = registry.find(task.metric.metric.provider.kind);
  if (!provider) co_return fail(provider.error());
  MeasureRequest request{.metric = task.metric.metric,
                         .now = now,
                         .run = task.run,
                         .number = task.number,
                         .retention = task.metric.retention,
                         .secrets = std::move(secrets)};
  if (!task.open) co_return co_await (*provider)->begin(std::move(request));
  Underway begun{task.open->metadata, task.open->resume_at};
  co_return co_await (*provider)->resume(std::move(request), std::move(begun));
}

}  // namespace

void ProviderRegistry::add(std::unique_ptr<MetricProvider> provider) {
  std::string name(provider->name());
  const bool added = providers_.emplace(std::move(name), std::move(provider)).second;
  SLUICE_ENSURE(added, "a metric provider is registered twice");
}

Result<MetricProvider*> ProviderRegistry::find(std::string_view name) const {
  const auto found = providers_.find(name);
  if (found != providers_.end()) return found->second.get();
  std::string known;
  for (const auto& [one, provider] : providers_) known += (known.empty() ? "" : ", ") + one;
  return fail(invalid(fmt::format("metric provider \"{}\" is not known (known: {})", name, known)));
}

ProviderChecks ProviderRegistry::checks() const {
  ProviderChecks checks;
  for (const auto& [name, provider] : providers_) {
    const MetricProvider* one = provider.get();
    checks.emplace(
        name,
        ProviderCheck{
            .settings = [one](const JsonText& config,
                              std::string_view path) { return one->check(config, path); },
            .result_type = [one](const JsonText& config) { return one->result_type(config); }});
  }
  return checks;
}

net::Awaitable<Result<Answer>> Question::begin(MeasureRequest request) {
  auto sample = co_await measure(std::move(request));
  if (!sample) co_return fail(sample.error());
  co_return Answer(*std::move(sample));
}

net::Awaitable<Result<Answer>> Question::resume(MeasureRequest request, Underway) {
  return begin(std::move(request));
}

net::Awaitable<Result<void>> Question::terminate(ObjectMeta, Underway) {
  co_return Result<void>{};
}

net::Awaitable<crds::Measurement> take_measurement(const ProviderRegistry& registry,
                                                   const Clock& clock, MeasurementTask task) {
  const SystemTime now = clock.system_now();
  const SystemTime started_at = task.open ? task.open->started_at.value_or(now) : now;
  const auto secrets = std::make_shared<std::vector<std::string>>(task.values.secrets);
  const Result<Answer> answer = co_await ask(registry, task, secrets, now);
  crds::Measurement measurement;
  if (const auto* underway = answer ? std::get_if<Underway>(&*answer) : nullptr) {
    measurement = {.phase = crds::AnalysisPhase::Running,
                   .started_at = std::chrono::floor<std::chrono::seconds>(started_at),
                   .metadata = underway->metadata,
                   .resume_at = underway->resume_at};
  } else {
    const Result<MetricSample> sample =
        answer ? Result<MetricSample>(std::get<MetricSample>(*answer)) : fail(answer.error());
    measurement = judge_sample(task.metric, sample, started_at, clock.system_now());
    // What it was known by stays, also where it ended with an error.
    if (task.open)
      measurement.metadata.insert(task.open->metadata.begin(), task.open->metadata.end());
  }
  measurement.message = redact(std::move(measurement.message), *secrets);
  measurement.value = redact(std::move(measurement.value), *secrets);
  for (auto& [key, text] : measurement.metadata) text = redact(std::move(text), *secrets);
  co_return measurement;
}

net::Awaitable<Result<crds::Measurement>> end_measurement(const ProviderRegistry& registry,
                                                          const Clock& clock, std::string kind,
                                                          ObjectMeta run, crds::Measurement open) {
  const auto provider = registry.find(kind);
  Result<void> ended;
  if (provider)
    ended = co_await (*provider)->terminate(std::move(run), {open.metadata, open.resume_at});
  const bool refused = !ended && (ended.error().code == ErrorCode::Forbidden ||
                                  ended.error().code == ErrorCode::Invalid);
  if (!ended && !refused) co_return fail(ended.error());
  open.phase = crds::AnalysisPhase::Inconclusive;
  open.message = refused ? "its run is over, but it could not be ended: " + ended.error().message
                         : "ended because its run is over";
  open.finished_at = std::chrono::floor<std::chrono::seconds>(clock.system_now());
  open.resume_at.reset();
  co_return open;
}

}  // namespace sluice::analysis
