#pragma once

// A JSONPath as it was read.

#include "analysis/expression.h"
#include "analysis/value.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::analysis {

struct PathNames {
  std::vector<std::string> names;
};

/// One element, or those from `first` up to `last`, which is none of them; negative numbers count
/// from the end.
struct PathRange {
  std::optional<int64_t> first;
  std::optional<int64_t> last;
  int64_t step = 1;
  bool is_single = false;
};

struct PathRanges {
  std::vector<PathRange> ranges;
};

struct PathWildcard {};

struct PathFilter;

struct PathStep {
  std::variant<PathNames, PathRanges, PathWildcard, std::shared_ptr<const PathFilter>> selector;
  bool at_any_depth = false;
};

struct JsonPathTree {
  bool from_current = false;  ///< `@`, the element that a filter looks at.
  std::vector<PathStep> steps;
};

/// A path, or a literal.
using PathOperand = std::variant<JsonPathTree, Value>;

struct PathFilter {
  PathOperand left;
  std::optional<BinaryOp> op;  ///< None: `left` is to be there.
  PathOperand right;
};

/// Reads one path, with or without its braces.
std::expected<JsonPathTree, CompileError> parse_json_path(std::string_view text);

}  // namespace sluice::analysis
