#pragma once

// Web: a metric that asks any server a question over HTTP and takes its answer, or what a JSONPath
// finds in it, as JSON. `result` is what is found: numbers as floats, as in Go, objects and lists
// with all that is in them. Where a path finds several values it is the list of them, where it
// finds none the empty list, which is no data. An answer that is no success or no JSON is an error.

#include "analysis/providers/http_source.h"
#include "analysis/providers/metric_provider.h"

#include <memory>

namespace sluice::analysis {

inline constexpr Duration kWebTimeout = std::chrono::seconds(10);

/// `source` must outlive the provider.
std::unique_ptr<Question> make_web_provider(HttpSource& source);

}  // namespace sluice::analysis
