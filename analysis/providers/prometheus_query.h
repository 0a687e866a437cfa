#pragma once

// What the text of a PromQL query tells of its answer
// (https://prometheus.io/docs/prometheus/latest/ querying/basics/#expression-language-data-types).

#include "analysis/expression_types.h"

#include <string_view>

namespace sluice::analysis {

/// Number where everything that gives series stands within scalar(…), Numbers (a list) where
/// something stands outside; Unknown where an argument that is not put in yet ({{args.x}}) or a
/// string decides.
StaticType prometheus_query_type(std::string_view query);

}  // namespace sluice::analysis
