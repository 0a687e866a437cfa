#include "analysis/providers/metric_provider.h"

#include "analysis/judge.h"
#include "base/ensure.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::analysis {
namespace {

constexpr std::string_view kCutMark = "…";
/// Fewer characters tell nothing of a secret, and many texts end with them by chance.
constexpr size_t kTellingPart = 4;

/// Strikes secrets; also the beginning of one at which a provider has cut the text.
std::string strike(std::string text, const ArgumentValues& values) {
  text = redact(std::move(text), values);
  if (!text.ends_with(kCutMark)) return text;
  const size_t end = text.size() - kCutMark.size();
  for (const std::string& secret : values.secrets) {
    for (size_t part = std::min(secret.size(), end); part >= kTellingPart; --part) {
      if (text.compare(end - part, part, secret, 0, part) != 0) continue;
      return text.substr(0, end - part) + std::string(kCutMark);
    }
  }
  return text;
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

net::Awaitable<crds::Measurement> take_measurement(const ProviderRegistry& registry,
                                                   const Clock& clock, PreparedMetric metric,
                                                   ArgumentValues values) {
  const SystemTime started_at = clock.system_now();
  const auto provider = registry.find(metric.metric.provider.kind);
  Result<MetricSample> sample =
      provider ? MetricSample{} : Result<MetricSample>(fail(provider.error()));
  if (provider) {
    MeasureRequest request{metric.metric, started_at};
    sample = co_await (*provider)->measure(std::move(request));
  }
  crds::Measurement measurement = judge_sample(metric, sample, started_at, clock.system_now());
  measurement.message = strike(std::move(measurement.message), values);
  measurement.value = strike(std::move(measurement.value), values);
  for (auto& [key, text] : measurement.metadata) text = strike(std::move(text), values);
  co_return measurement;
}

}  // namespace sluice::analysis
