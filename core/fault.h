#pragma once

// What is wrong with one field, in the words of k8s.io/apimachinery/pkg/util/validation/field.

#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

struct Fault {
  std::string reason;   ///< The API's word for the kind of fault: "FieldValueInvalid".
  std::string message;  ///< "Invalid value: 70000: must be between 1 and 65535, inclusive".
  std::string field;    ///< "spec.containers[0].ports[0].containerPort"; "" for the whole object.

  bool operator==(const Fault&) const = default;
};

using Faults = std::vector<Fault>;

/// `value` is as Go prints it: quote strings with go_quote().
Fault invalid_value(std::string field, std::string_view value, std::string_view detail);
Fault required_value(std::string field, std::string_view detail = "");
Fault duplicate_value(std::string field, std::string_view value);
Fault forbidden_value(std::string field, std::string_view detail);
Fault missing_value(std::string field, std::string_view value);
/// `supported` in the order in which the sentence names them.
Fault unsupported_value(std::string field, std::string_view value,
                        const std::vector<std::string>& supported);
Fault too_long(std::string field, size_t bytes_max);

/// %q of a string.
std::string go_quote(std::string_view text);

/// Appends an invalid_value() of `field` for each of `complaints`.
void complain(Faults& faults, const std::string& field, const std::string& value,
              const std::vector<std::string>& complaints);
/// Appends `more` to `faults`.
void append(Faults& faults, Faults more);

}  // namespace sluice::core
