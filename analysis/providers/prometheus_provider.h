#pragma once

// Prometheus: instant and range queries over its HTTP API (https://prometheus.io/docs/prometheus/
// latest/querying/api/). A vector becomes a list of numbers, a matrix one flat list of the numbers
// of all its series, a scalar a number; NaN and infinities are kept; an empty vector is an empty
// list.

#include "analysis/providers/http_source.h"
#include "analysis/providers/metric_provider.h"

#include <memory>
#include <string>

namespace sluice::analysis {

inline constexpr Duration kPrometheusTimeout = std::chrono::seconds(30);
/// An answer with more is refused: a condition looks at a few numbers.
inline constexpr size_t kPrometheusSeriesMax = 10'000;

/// `default_address` is used where a metric names none; "" means that each must. `source` must
/// outlive the provider.
std::unique_ptr<Question> make_prometheus_provider(HttpSource& source, std::string default_address);

}  // namespace sluice::analysis
