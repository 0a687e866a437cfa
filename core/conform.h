#pragma once

// Fits a value to a shape as Go's decoder does, and tells what the decoder would not take.

#include "base/json.h"
#include "core/shape.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::core {

/// Fits `value` to the shape in place: unknown fields, nulls and empty lists are dropped, nulls in
/// lists become empty elements. Paths of unknown fields are appended to `unknown`. Returns what
/// Go's decoder would say about the first wrong type ("json: cannot unmarshal …").
std::optional<std::string> conform(Json& value, const Shape& shape, const std::string& path,
                                   std::vector<std::string>& unknown);

/// A field that a shape does not know.
struct UnknownField {
  std::string path;
  std::string meant;  ///< The known field beside it that its name is most like; "" for none.

  bool operator==(const UnknownField&) const = default;
};

/// What the shape does not know below `path`; what has a wrong type is passed over.
std::vector<UnknownField> unknown_fields(const Json& value, const Shape& shape,
                                         const std::string& path);

}  // namespace sluice::core
