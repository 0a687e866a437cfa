#pragma once

// Prometheus: instant and range queries over its HTTP API (https://prometheus.io/docs/prometheus/
// latest/querying/api/). A vector becomes a list of numbers, a matrix one flat list of the numbers
// of all its series, a scalar a number; NaN and infinities are kept; an empty vector is an empty
// list.

#include "analysis/providers/metric_provider.h"
#include "net/http.h"

#include <memory>
#include <string>

namespace sluice::analysis {

inline constexpr Duration kPrometheusTimeout = std::chrono::seconds(30);
/// An answer beyond these is refused: a condition looks at a few numbers.
inline constexpr size_t kPrometheusAnswerMax = 4 * 1024 * 1024;  ///< bytes
inline constexpr size_t kPrometheusSeriesMax = 10'000;

struct PrometheusOptions {
  /// Used where a metric names no address; "" means that each must.
  std::string default_address;
  /// For metrics with `insecure: true`: a client that does not verify its peers. Null: such metrics
  /// are refused. Must outlive the provider.
  net::HttpClient* insecure_http = nullptr;
};

/// `http` must outlive the provider.
std::unique_ptr<Question> make_prometheus_provider(net::HttpClient& http,
                                                   PrometheusOptions options);

}  // namespace sluice::analysis
