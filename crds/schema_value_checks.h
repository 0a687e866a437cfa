#pragma once

// What a check of one value under one schema takes and gives; private to crds/schema*.

#include "crds/schema_errors.h"
#include "crds/schema_node.h"
#include "crds/schema_path.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::crds {

/// Errors, and how many checks were passed: among the failed branches of an anyOf or oneOf the API
/// server shows the errors of the one that came furthest.
struct Outcome {
  std::vector<FieldError> errors;
  int64_t checks = 0;

  bool valid() const { return errors.empty(); }

  /// Leaves out repetitions, and what goes beyond kFieldErrorsMax.
  void add(FieldError error);
  void merge(Outcome other);
};

/// One value under one schema at one place.
struct Subject {
  const Json& value;
  const SchemaNode& node;
  const SchemaPath& path;

  FieldError error(FieldErrorType type, std::string bad_value, std::string detail) const;
  /// "spec.size in body <rule>".
  FieldError invalid(std::string_view rule) const;
  FieldError wrong_type(std::string_view expected, std::string_view actual) const;
  /// The verdict of an anyOf, oneOf, allOf or not.
  FieldError composition(std::string_view rule) const;
};

// Checks of a value by itself, without looking at schemas below. Each counts what it passed.

Outcome check_type(const Subject& subject);
Outcome check_text(const Subject& subject);
Outcome check_format(const Subject& subject);
Outcome check_number(const Subject& subject);
Outcome check_enumeration(const Subject& subject);

}  // namespace sluice::crds
