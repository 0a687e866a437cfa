#include "local/store/resource_type_shape.h"

#include "base/ensure.h"
#include "base/time.h"
#include "local/store/registry_base64.h"
#include "local/store/registry_quantity.h"
#include "local/store/resource_type_shape_table.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <sstream>
#include <utility>

namespace sluice::local {
namespace {

constexpr std::pair<std::string_view, Shape::Kind> kScalars[] = {
    {"any", Shape::Kind::Any},           {"string", Shape::Kind::String},
    {"bytes", Shape::Kind::Bytes},       {"time", Shape::Kind::Time},
    {"int32", Shape::Kind::Int32},       {"int64", Shape::Kind::Int64},
    {"bool", Shape::Kind::Bool},         {"intstr", Shape::Kind::IntOrString},
    {"quantity", Shape::Kind::Quantity},
};

/// Go's name of a scalar's type, as it appears in decoding errors.
std::string go_name(std::string_view scalar) {
  if (scalar == "bytes") return "[]uint8";
  if (scalar == "time") return "v1.Time";
  if (scalar == "intstr") return "intstr.IntOrString";
  if (scalar == "quantity") return "resource.Quantity";
  return std::string(scalar);
}

/// All shapes, read from the table once.
class ShapeTable {
 public:
  ShapeTable() {
    std::istringstream lines{std::string(shape_table())};
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) read_line(line);
    for (const auto& [name, shape] : by_name_) {
      SLUICE_ENSURE(!shape->name.empty(),
                    fmt::format("the shape {} is used but not defined", name));
    }
  }

  const Shape* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

 private:
  Shape& add(const std::string& name) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) return *found->second;
    Shape& shape = shapes_.emplace_back();
    by_name_.emplace(name, &shape);
    return shape;
  }

  void read_line(const std::string& line) {
    const size_t colon = line.find(':');
    Shape& shape = add(line.substr(0, colon));
    shape.kind = Shape::Kind::Object;
    shape.name = line.substr(0, colon);
    std::istringstream words{line.substr(colon + 1)};
    for (std::string word; words >> word;) {
      const size_t equals = word.find('=');
      shape.fields.emplace(word.substr(0, equals), read_field(word.substr(equals + 1)));
    }
  }

  ShapeField read_field(std::string type) {
    ShapeField field;
    if (type.ends_with('!')) {
      field.keeps_empty = true;
      type.pop_back();
    }
    if (const size_t at = type.find('@'); at != std::string::npos) {
      field.merge_key = type.substr(at + 1);
      field.merge = field.merge_key.empty() ? ListMerge::AsSet : ListMerge::ByKey;
      type.resize(at);
    }
    field.shape = &read_type(type);
    return field;
  }

  Shape& read_type(const std::string& type) {
    Shape& shape = add(type);
    if (!shape.name.empty()) return shape;
    for (const auto& [name, kind] : kScalars) {
      if (type == name) {
        shape.kind = kind;
        shape.name = go_name(name);
        return shape;
      }
    }
    if (type.front() != '[' && type.front() != '{') return shape;  // An object of a later line.
    const std::string inner = type.substr(1, type.size() - 2);
    const Shape& element = read_type(inner);
    const bool scalar =
        std::ranges::any_of(kScalars, [&inner](const auto& known) { return known.first == inner; });
    shape.kind = type.front() == '[' ? Shape::Kind::List : Shape::Kind::Map;
    shape.element = &element;
    shape.name = std::string(type.front() == '[' ? "[]" : "map[string]") +
                 (scalar ? go_name(inner) : "v1." + inner);
    return shape;
  }

  std::deque<Shape> shapes_;
  std::map<std::string, Shape*, std::less<>> by_name_;
};

const ShapeTable& shapes() {
  static const ShapeTable table;
  return table;
}

/// What Go's JSON decoder calls the value; where only some numbers fit it shows which one it was.
std::string go_value(const Json& value, bool number_matters) {
  if (value.is_string()) return "string";
  if (value.is_boolean()) return "bool";
  if (value.is_array()) return "array";
  if (value.is_object()) return "object";
  if (number_matters) return "number " + dump_json(value);
  return "number";
}

/// Drops the indices of a path: "spec.containers[0].image" is "spec.containers.image" to Go.
std::string without_indices(const std::string& path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    if (c == '[') inside = true;
    if (!inside) out += c;
    if (c == ']') inside = false;
  }
  return out;
}

/// Whether it is a whole number that the type holds.
template <typename Integer>
bool is_whole(const Json& value) {
  if (value.is_number_unsigned()) return std::in_range<Integer>(value.get<uint64_t>());
  return value.is_number_integer() && std::in_range<Integer>(value.get<int64_t>());
}

bool fits(const Json& value, Shape::Kind kind) {
  switch (kind) {
    case Shape::Kind::Any:
      return true;
    case Shape::Kind::String:
    case Shape::Kind::Bytes:
    case Shape::Kind::Time:
      return value.is_string();
    case Shape::Kind::Int32:
      return is_whole<int32_t>(value);
    case Shape::Kind::Int64:
      return is_whole<int64_t>(value);
    case Shape::Kind::Bool:
      return value.is_boolean();
    case Shape::Kind::IntOrString:
      return value.is_string() || is_whole<int32_t>(value);
    case Shape::Kind::Quantity:
      return value.is_string() || value.is_number();
    case Shape::Kind::Object:
    case Shape::Kind::Map:
      return value.is_object();
    case Shape::Kind::List:
      return value.is_array();
  }
  return false;
}

/// What a null in a list becomes in Go, whose lists hold strings and structs.
Json zero_of(const Shape& element) {
  return element.kind == Shape::Kind::String ? Json("") : Json::object();
}

/// Walks one document; `owner` is the innermost struct, which Go names in its errors.
class Conformer {
 public:
  explicit Conformer(std::vector<std::string>& unknown) : unknown_(unknown) {}

  bool visit(Json& value, const Shape& shape, const std::string& path, const Shape& owner) {
    if (!fits(value, shape.kind)) {
      const bool whole = shape.kind == Shape::Kind::Int32 || shape.kind == Shape::Kind::Int64;
      const std::string type = shape.kind == Shape::Kind::Object ? "v1." + shape.name : shape.name;
      error_ = fmt::format("json: cannot unmarshal {} into Go struct field {}.{} of type {}",
                           go_value(value, whole), owner.name, without_indices(path), type);
      return false;
    }
    if (shape.kind == Shape::Kind::Object) return visit_object(value, shape, path);
    if (shape.kind == Shape::Kind::List) return visit_list(value, shape, path, owner);
    if (shape.kind == Shape::Kind::Map) return visit_map(value, shape, path, owner);
    if (shape.kind == Shape::Kind::Bytes) return visit_bytes(value);
    if (shape.kind == Shape::Kind::Quantity) return visit_quantity(value);
    return shape.kind != Shape::Kind::Time || visit_time(value);
  }

  std::optional<std::string> error() const { return error_; }

 private:
  bool visit_object(Json& value, const Shape& shape, const std::string& path) {
    const std::string prefix = path.empty() ? path : path + ".";
    for (auto entry = value.begin(); entry != value.end();) {
      const ShapeField* field = shape.field(entry.key());
      if (field == nullptr) {
        unknown_.push_back(prefix + entry.key());
        entry = value.erase(entry);
        continue;
      }
      if (entry->is_null()) {
        entry = value.erase(entry);
        continue;
      }
      if (!visit(*entry, *field->shape, prefix + entry.key(), shape)) return false;
      const bool collection =
          field->shape->kind == Shape::Kind::List || field->shape->kind == Shape::Kind::Map;
      entry = collection && entry->empty() && !field->keeps_empty ? value.erase(entry)
                                                                  : std::next(entry);
    }
    return true;
  }

  bool visit_bytes(const Json& value) {
    const auto measured = measure_base64(value.get_ref<const std::string&>());
    if (!measured) error_ = fmt::format("illegal base64 data at input byte {}", measured.error());
    return measured.has_value();
  }

  bool visit_quantity(const Json& value) {
    if (value.is_string()) error_ = quantity_error(value.get_ref<const std::string&>());
    return !error_;
  }

  /// Go reads a time in any zone and writes it in UTC.
  bool visit_time(Json& value) {
    const std::string text = value.get<std::string>();
    const auto time = parse_time(text);
    if (!time) {
      error_ = "parsing time " + time.error().message;
      return false;
    }
    if (text.ends_with('Z')) return true;
    value = text.contains('.') ? format_time_micro(*time) : format_time(*time);
    return true;
  }

  bool visit_list(Json& value, const Shape& shape, const std::string& path, const Shape& owner) {
    if (shape.element->kind == Shape::Kind::Any) return true;
    for (size_t at = 0; at < value.size(); ++at) {
      if (value[at].is_null()) value[at] = zero_of(*shape.element);
      if (!visit(value[at], *shape.element, fmt::format("{}[{}]", path, at), owner)) return false;
    }
    return true;
  }

  bool visit_map(Json& value, const Shape& shape, const std::string& path, const Shape& owner) {
    for (auto& [key, element] : value.items()) {
      if (element.is_null()) {
        element = shape.element->kind == Shape::Kind::String ? Json("") : element;
        continue;
      }
      if (!visit(element, *shape.element, path, owner)) return false;
    }
    return true;
  }

  std::vector<std::string>& unknown_;
  std::optional<std::string> error_;
};

Json scalar_schema(Shape::Kind kind) {
  switch (kind) {
    case Shape::Kind::String:
      return {{"type", "string"}};
    case Shape::Kind::Bytes:
      return {{"type", "string"}, {"format", "byte"}};
    case Shape::Kind::Time:
      return {{"type", "string"}, {"format", "date-time"}};
    case Shape::Kind::Int32:
      return {{"type", "integer"}, {"format", "int32"}};
    case Shape::Kind::Int64:
      return {{"type", "integer"}, {"format", "int64"}};
    case Shape::Kind::Bool:
      return {{"type", "boolean"}};
    case Shape::Kind::IntOrString:
    case Shape::Kind::Quantity:
      return {{"x-kubernetes-int-or-string", true}};
    case Shape::Kind::Any:
    case Shape::Kind::Object:
    case Shape::Kind::List:
    case Shape::Kind::Map:
      return {{"x-kubernetes-preserve-unknown-fields", true}};
  }
  return Json::object();
}

}  // namespace

const ShapeField* Shape::field(std::string_view field_name) const {
  const auto found = fields.find(field_name);
  return found == fields.end() ? nullptr : &found->second;
}

const Shape& find_shape(std::string_view name) {
  const Shape* shape = shapes().find(name);
  SLUICE_ENSURE(shape != nullptr, fmt::format("no shape named {}", name));
  return *shape;
}

std::optional<std::string> conform(Json& value, const Shape& shape, const std::string& path,
                                   std::vector<std::string>& unknown) {
  Conformer conformer(unknown);
  conformer.visit(value, shape, path, shape);
  return conformer.error();
}

Json schema_of(const Shape& shape) {
  if (shape.kind == Shape::Kind::List)
    return {{"type", "array"}, {"items", schema_of(*shape.element)}};
  if (shape.kind == Shape::Kind::Map)
    return {{"type", "object"}, {"additionalProperties", schema_of(*shape.element)}};
  if (shape.kind != Shape::Kind::Object) return scalar_schema(shape.kind);
  Json properties = Json::object();
  for (const auto& [name, field] : shape.fields) {
    Json property = schema_of(*field.shape);
    if (field.merge != ListMerge::Replace) property["x-kubernetes-patch-strategy"] = "merge";
    if (field.merge == ListMerge::ByKey) property["x-kubernetes-patch-merge-key"] = field.merge_key;
    properties[name] = std::move(property);
  }
  return {{"type", "object"}, {"properties", std::move(properties)}};
}

}  // namespace sluice::local
