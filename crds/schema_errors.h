#pragma once

// What a Kubernetes API server says about a field that it refuses, word for word: the sentence, the
// machine-readable reason, and the Status that bundles them.

#include "base/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::crds {

enum class FieldErrorType {
  Required,
  TypeInvalid,
  Invalid,
  NotSupported,
  Duplicate,
  Forbidden,
  NotFound,
  TooLong,
  TooMany,
};

/// The reason in a Status cause, such as "FieldValueRequired".
std::string_view to_string(FieldErrorType type);

struct FieldError {
  /// As the API server writes it: "spec.steps[0].setWeight"; "<nil>" for the object itself and for
  /// the verdict of an anyOf, oneOf, allOf or not, whose message names the field.
  std::string field;
  FieldErrorType type = FieldErrorType::Invalid;
  /// The bad value in Go's notation (see go_value); "" where the sentence leaves it out.
  std::string value;
  std::string detail;
  /// RFC 6901 pointer to the place, also where `field` is "<nil>".
  std::string pointer;

  /// "Invalid value: 101: spec.size in body should be less than or equal to 100".
  std::string body() const;

  /// "field: body".
  std::string sentence() const { return field + ": " + body(); }

  bool operator==(const FieldError&) const = default;
};

/// A value as Go prints it in such a sentence: 101, "x", map[string]interface {}{"key":"a"}.
std::string go_value(const Json& value);

/// The parts of a Status of reason Invalid (HTTP 422).
struct InvalidStatus {
  /// `Widget.example.com "x" is invalid: spec.size: Required value`; several errors stand in
  /// brackets, repeated sentences once.
  std::string message;
  /// details.causes: {"reason", "message", "field"} each.
  Json causes() const;

  std::vector<FieldError> errors;
};

/// `group` is "" for the core group.
InvalidStatus format_invalid(std::string_view kind, std::string_view group, std::string_view name,
                             std::vector<FieldError> errors);

}  // namespace sluice::crds
