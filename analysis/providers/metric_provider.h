#pragma once

// MetricProvider is the seam to a source of metrics: one question, one answer. Providers are
// registered by name in one place; an unknown name is an error that lists the known ones.

#include "analysis/metric_sample.h"
#include "analysis/prepared_metric.h"
#include "analysis/template_check.h"
#include "base/clock.h"
#include "net/http.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::analysis {

/// A measurement that takes longer than this is an error, whatever the provider's own time-out.
inline constexpr Duration kMeasureDeadlineMax = std::chrono::minutes(2);

struct MeasureRequest {
  crds::Metric metric;  ///< Arguments are put in.
  SystemTime now{};
};

/// Belongs to the loop thread; any number of measurements at once.
class MetricProvider {
 public:
  virtual ~MetricProvider() = default;

  /// The key under `provider` in a metric: "prometheus".
  virtual std::string_view name() const = 0;

  /// What is wrong with its settings, which stand at `path`; they may hold {{args.x}}.
  virtual crds::FieldProblems check(const JsonText& config, std::string_view path) const = 0;

  /// What its settings tell of the type of `result`, before anything was asked.
  virtual StaticType result_type(const JsonText& /*config*/) const { return StaticType::Unknown; }

  /// Asks once. Errors: Invalid (settings, or the source refuses the question), Timeout,
  /// Unavailable (source not reached, or not able to answer), Internal (not understood), Cancelled.
  /// An empty answer is a sample. Ends within its time-out of at most kMeasureDeadlineMax.
  virtual net::Awaitable<Result<MetricSample>> measure(MeasureRequest request) = 0;
};

class ProviderRegistry {
 public:
  /// Registering a name twice is a broken invariant.
  void add(std::unique_ptr<MetricProvider> provider);

  /// The provider of that name. Invalid: `metric provider "x" is not known (known: prometheus)`.
  Result<MetricProvider*> find(std::string_view name) const;

  /// For check_template. The registry must outlive what is returned.
  ProviderChecks checks() const;

 private:
  std::map<std::string, std::unique_ptr<MetricProvider>, std::less<>> providers_;
};

/// Takes one measurement and judges it: finds the provider, asks, evaluates the conditions and
/// strikes secrets from every text. What goes wrong is a measurement of phase Error. `registry` and
/// `clock` must outlive the call.
net::Awaitable<crds::Measurement> take_measurement(const ProviderRegistry& registry,
                                                   const Clock& clock, PreparedMetric metric,
                                                   ArgumentValues values);

}  // namespace sluice::analysis
