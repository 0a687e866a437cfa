#pragma once

// A Shape is what Go's decoder knows of one of Kubernetes' own structs, and what people must know
// besides: fields in their order, types, what is required, what is filled in, how lists merge. All
// that Sluice does with such objects is derived from shapes: the hash of a pod template, the schema
// in our CRDs, defaults and their removal, lint, and the objects of the local cluster.

#include "base/json.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

struct Shape;

/// What becomes of a field that is absent or zero, when Go writes its struct.
enum class Presence {
  OmitEmpty,  ///< Left out when it is "", 0, false, null or empty.
  Pointer,    ///< Left out only when it is absent or null: zero values are written.
  Always,     ///< Written with its zero value.
};

/// How a strategic merge patch treats a list.
enum class ListMerge { Replace, ByKey, AsSet };

/// A closed range; an absent bound does not bind.
struct Range {
  std::optional<int64_t> min;
  std::optional<int64_t> max;
};

/// Who fills a default in.
enum class DefaultFrom {
  Nobody,     ///< It only means the same as an absent field.
  Server,     ///< The API server, in pods and pod templates of its own kinds.
  AlsoSchema  ///< Also the schema of a CRD that holds the struct.
};

struct ShapeField {
  std::string name;
  const Shape* shape = nullptr;
  Presence presence = Presence::OmitEmpty;
  bool required = false;
  std::string zero;  ///< How Go writes an absent Always field; empty for structs.
  ListMerge merge = ListMerge::Replace;
  std::string merge_key;            ///< For ByKey.
  bool unique_key = false;          ///< No two elements may have the same merge key.
  bool keeps_empty = false;         ///< An empty list stays in the answers of an API server.
  std::vector<std::string> values;  ///< Empty where any will do.
  Range range;                      ///< Of numbers.
  std::shared_ptr<const Json> default_value;  ///< Null where there is none.
  DefaultFrom default_from = DefaultFrom::Nobody;
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
  std::vector<ShapeField> fields;  ///< Of objects, in Go's order.
  const Shape* element = nullptr;  ///< Of lists and maps.

  /// The field's description, or null.
  const ShapeField* field(std::string_view field_name) const;
};

/// Shapes that are read from text as shape_tables.h describes it. `base` holds further shapes that
/// the text may name; it must outlive this table, as this must outlive what it gives.
class ShapeTable {
 public:
  explicit ShapeTable(const std::vector<std::string_view>& texts, const ShapeTable* base = nullptr);
  ~ShapeTable();
  ShapeTable(const ShapeTable&) = delete;
  ShapeTable& operator=(const ShapeTable&) = delete;

  /// The shape of a struct ("PodSpec"), or null.
  const Shape* find(std::string_view name) const;

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

/// Kubernetes' own structs; they live as long as the process.
const ShapeTable& kubernetes_shapes();
/// One of them; stops the process where there is none of that name.
const Shape& find_shape(std::string_view name);

}  // namespace sluice::core
