#pragma once

// A Shape says which fields a built-in type has and of which types they are: what Go's decoder
// knows of the real server's structs. From it come unknown-field warnings, type errors in the real
// server's words, the merge keys of strategic merge patches, and the schema for `kubectl explain`.

#include "base/json.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

struct Shape;

/// How a strategic merge patch treats a list.
enum class ListMerge { Replace, ByKey, AsSet };

struct ShapeField {
  const Shape* shape = nullptr;
  ListMerge merge = ListMerge::Replace;
  std::string merge_key;     ///< For ByKey.
  bool keeps_empty = false;  ///< An empty list or map stays in the answer.
};

struct Shape {
  enum class Kind {
    Any,  ///< Not modelled: kept as it is.
    String,
    Bytes,  ///< Base64.
    Time,
    Int32,
    Int64,
    Bool,
    IntOrString,
    Quantity,
    Object,
    List,
    Map,  ///< From strings to `element`.
  };

  Kind kind = Kind::Any;
  std::string name;  ///< Go's name of the type: "string", "v1.PodSpec", "[]v1.Container".
  std::map<std::string, ShapeField, std::less<>> fields;  ///< Of objects.
  const Shape* element = nullptr;                         ///< Of lists and maps.

  /// The field's description, or null.
  const ShapeField* field(std::string_view field_name) const;
};

/// The shape of a built-in kind ("Pod"), or of a part ("ObjectMeta"); stops the process where there
/// is none. Shapes live as long as the process.
const Shape& find_shape(std::string_view name);

/// Fits `value` to the shape in place: unknown fields, nulls and empty lists are dropped, nulls in
/// lists become empty elements. Paths of
/// unknown fields are appended to `unknown`. Returns what Go's decoder would say about the first
/// wrong type ("json: cannot unmarshal …").
std::optional<std::string> conform(Json& value, const Shape& shape, const std::string& path,
                                   std::vector<std::string>& unknown);

/// The shape as an openAPIV3Schema.
Json schema_of(const Shape& shape);

}  // namespace sluice::local
