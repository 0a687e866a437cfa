#pragma once

// A regular expression of a schema (the syntax is Go's, the common part of it), compiled once.

#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>

namespace sluice::crds {

/// Longer texts match no pattern: matching costs time in proportion to the text.
inline constexpr size_t kPatternTextMax = 64 * size_t{1024};

class SchemaPattern {
 public:
  static Result<SchemaPattern> compile(std::string_view expression);

  /// Whether the expression matches anywhere in the text.
  bool matches(std::string_view text) const;

  const std::string& expression() const;

 private:
  struct Compiled;

  explicit SchemaPattern(std::shared_ptr<const Compiled> compiled)
      : compiled_(std::move(compiled)) {}

  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace sluice::crds
