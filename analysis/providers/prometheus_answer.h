#pragma once

// What Prometheus answers, read without any I/O: the body of /api/v1/query and /api/v1/query_range.

#include "analysis/metric_sample.h"
#include "base/result.h"

#include <string_view>

namespace sluice::analysis {

/// A vector is a list of numbers ("[0.987]"), empty where nothing matched ("[]"); a scalar a
/// number; a matrix one flat list of the numbers of all its series; a string a string. "NaN",
/// "+Inf" and "-Inf" are numbers.
///
/// Errors by HTTP status and by Prometheus' errorType: Invalid (the query is refused: bad_data,
/// execution, 4xx), Forbidden (401, 403), Timeout (the query took too long on the server),
/// Unavailable (5xx, 429), Internal (not an answer of Prometheus). They quote what it said.
Result<MetricSample> read_prometheus_answer(int status, std::string_view body);

}  // namespace sluice::analysis
