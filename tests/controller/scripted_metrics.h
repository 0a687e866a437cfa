#pragma once

// ScriptedMetrics stands in for Prometheus: the success rate of each revision is what a test says.
// The revision is named by the query, as in `success_rate{hash="6d9f"}`.

#include "analysis/providers/metric_provider.h"
#include "base/clock.h"

#include <functional>
#include <string>

namespace sluice::controller::test {

/// What the source answers for a revision, by its pod template hash: a success rate from 0 to 1, an
/// error, or NaN for no data.
using SuccessRate = std::function<Result<double>(const std::string& hash)>;

class ScriptedMetrics : public analysis::Question {
 public:
  /// `clock` and what `rate` refers to must outlive the provider.
  ScriptedMetrics(Clock& clock, const SuccessRate& rate) : clock_(clock), rate_(rate) {}

  std::string_view name() const override { return "prometheus"; }

  crds::FieldProblems check(const JsonText& config, std::string_view path) const override;
  net::Awaitable<Result<analysis::MetricSample>> measure(analysis::MeasureRequest request) override;

 private:
  Clock& clock_;
  const SuccessRate& rate_;
};

}  // namespace sluice::controller::test
