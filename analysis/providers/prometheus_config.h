#pragma once

// The `provider.prometheus` block of a metric, read and checked.

#include "analysis/providers/source_settings.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::analysis {

/// Start and end are expressions that give a time: now() - duration("5m").
struct PrometheusRange {
  std::string start;
  std::string end;
  Duration step{};
};

struct PrometheusConfig {
  std::string address;  ///< Without a slash at the end; "" where the metric names none.
  std::string query;
  std::optional<Duration> timeout;
  SourceAccess access;
  std::optional<PrometheusRange> range;
};

/// Reads the block at `path`; what is wrong is added to `problems`. Fields that still hold
/// {{args.x}} are not checked further.
PrometheusConfig read_prometheus_config(const JsonText& text, std::string_view path,
                                        crds::FieldProblems& problems);

}  // namespace sluice::analysis
