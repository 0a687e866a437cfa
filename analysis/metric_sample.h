#pragma once

// What a metric source answered to one question, before any condition has looked at it.

#include "analysis/expression_types.h"
#include "analysis/value.h"
#include "base/object_meta.h"

#include <optional>
#include <string>

namespace sluice::analysis {

struct MetricSample {
  /// What conditions see as `result`. An empty answer is a value ([] or null), not an error.
  Value result;
  /// As kept in the measurement: "[0.987]".
  std::string text;
  /// Facts for people, such as the query as sent; kept with the measurement.
  StringMap metadata;
  /// The type of `result` where the source knows more of it than the value shows: the elements of a
  /// list.
  std::optional<StaticType> type = std::nullopt;
  /// Where the source itself tells good from bad (a Job), and conditions are not asked.
  std::optional<bool> passed = std::nullopt;
  /// Why it did not pass.
  std::string message;
};

}  // namespace sluice::analysis
