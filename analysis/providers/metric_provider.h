#pragma once

// MetricProvider is the seam to a source of metrics. A measurement either has its answer when it
// begins (one question: Question below), or goes on outside of this process (a Job). Of the latter
// `begin` only says by what it will be known; that is written to the run's status before anything
// is started, so that whoever comes after this process can resume it, or end it with its run:
//
//   begin ─▶ Underway ─(written to the run)─▶ resume ─▶ answer
//                                            └─ the run ends ─▶ terminate
//
// Providers are registered by name in one place; an unknown name is an error that lists the known
// ones.

#include "analysis/metric_sample.h"
#include "analysis/prepared_metric.h"
#include "analysis/redaction.h"
#include "analysis/template_check.h"
#include "base/clock.h"
#include "net/http.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sluice::analysis {

/// A measurement that takes longer than this is an error, whatever the provider's own time-out.
inline constexpr Duration kMeasureDeadlineMax = std::chrono::minutes(2);

struct MeasureRequest {
  crds::Metric metric;  ///< Arguments are put in.
  SystemTime now{};
  ObjectMeta run;      ///< The AnalysisRun; empty for a question without one.
  int32_t number = 1;  ///< How many measurements of this metric there have been, with this one.
  int32_t retention = kMeasurementsKept;  ///< Measurements that the run keeps.
  KnownSecrets secrets = nullptr;         ///< To be added to; null where nobody will look.
};

/// A measurement that goes on outside of this process. It is carried on at once, or at that time.
struct Underway {
  StringMap metadata;  ///< By what it is known; kept in the run's status.
  std::optional<SystemTime> resume_at = std::nullopt;
};

using Answer = std::variant<MetricSample, Underway>;

/// Belongs to the loop thread; any number of measurements at once. Any verb may be cancelled, and
/// called again by the next process; none of them does anything twice.
class MetricProvider {
 public:
  virtual ~MetricProvider() = default;

  /// The key under `provider` in a metric: "prometheus".
  virtual std::string_view name() const = 0;

  /// What is wrong with its settings, which stand at `path`; they may hold {{args.x}}.
  virtual crds::FieldProblems check(const JsonText& config, std::string_view path) const = 0;

  /// What its settings tell of the type of `result`, before anything was asked.
  virtual StaticType result_type(const JsonText& /*config*/) const { return StaticType::Unknown; }

  /// Errors: Invalid (settings, or the source refuses the question), Timeout, Unavailable (source
  /// not reached, or not able to answer), Internal (not understood), Cancelled. An empty answer is
  /// a sample.
  virtual net::Awaitable<Result<Answer>> begin(MeasureRequest request) = 0;

  /// Carries on what was begun as `begun`; starts it where that has not been done yet. May take as
  /// long as the measurement does.
  virtual net::Awaitable<Result<Answer>> resume(MeasureRequest request, Underway begun) = 0;

  /// Ends what was begun by `run` and is not wanted any more. What is not there any more has ended.
  virtual net::Awaitable<Result<void>> terminate(ObjectMeta run, Underway begun) = 0;
};

/// A source that is asked once and answers at once.
class Question : public MetricProvider {
 public:
  /// Errors are those of begin(). Ends within its time-out of at most kMeasureDeadlineMax.
  virtual net::Awaitable<Result<MetricSample>> measure(MeasureRequest request) = 0;

  net::Awaitable<Result<Answer>> begin(MeasureRequest request) final;
  net::Awaitable<Result<Answer>> resume(MeasureRequest request, Underway begun) final;
  net::Awaitable<Result<void>> terminate(ObjectMeta run, Underway begun) final;
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

/// One measurement to be taken: what is asked, by which run, and what it may not show.
struct MeasurementTask {
  PreparedMetric metric;
  ArgumentValues values;
  ObjectMeta run;
  int32_t number = 1;
  std::optional<crds::Measurement> open;  ///< To be carried on.
};

/// Takes one measurement and judges it: finds the provider, asks, evaluates the conditions and
/// strikes secrets from every text. One that goes on elsewhere has phase Running. What goes wrong
/// is a measurement of phase Error. `registry` and `clock` must outlive the call.
net::Awaitable<crds::Measurement> take_measurement(const ProviderRegistry& registry,
                                                   const Clock& clock, MeasurementTask task);

/// Ends an open measurement of a run that is over, and gives it as it is then: Inconclusive. Errors
/// are those after which it is to be tried again.
net::Awaitable<Result<crds::Measurement>> end_measurement(const ProviderRegistry& registry,
                                                          const Clock& clock, std::string kind,
                                                          ObjectMeta run, crds::Measurement open);

}  // namespace sluice::analysis
