#pragma once

// What a YAML scalar means, after the rules of the YAML library that Kubernetes uses (a YAML 1.1
// with Go's number syntax). Private to base/yaml.

#include "base/json.h"

#include <string>
#include <string_view>

namespace sluice {

/// The value of a plain (unquoted, untagged) scalar. Infinity and NaN come out as floats: JSON has
/// no place for them, so a document that holds them as values is refused by the reader.
Json resolve_plain_scalar(std::string_view text);

/// The value of a scalar with an explicit tag such as "tag:yaml.org,2002:int"; unknown tags give
/// strings.
Result<Json> resolve_tagged_scalar(std::string_view tag, std::string_view text);

/// A whole number where JSON would write the float without a fraction, as after a trip through
/// JSON text: 1e3 → 1000.
Json normalise_number(const Json& value);

/// The key that kubectl makes of a resolved scalar: true → "true", 0x10 → "16".
Result<std::string> scalar_to_key(const Json& value);

}  // namespace sluice
