#include "core/conform.h"

#include "base/base64.h"
#include "base/nearest.h"
#include "base/time.h"
#include "core/quantity.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <utility>

namespace sluice::core {
namespace {

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
    if (!decode_base64(value.get_ref<const std::string&>())) error_ = "illegal base64 data";
    return !error_;
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

class UnknownFinder {
 public:
  void visit(const Json& value, const Shape& shape, const std::string& path) {
    if (shape.kind == Shape::Kind::Object && value.is_object()) {
      for (const auto& [key, member] : value.items()) {
        const std::string inner = path.empty() ? key : path + "." + key;
        if (const ShapeField* field = shape.field(key); field != nullptr)
          visit(member, *field->shape, inner);
        else
          found.push_back({inner, nearest_field(key, shape)});
      }
    } else if (shape.kind == Shape::Kind::List && value.is_array()) {
      for (size_t at = 0; at < value.size(); ++at)
        visit(value[at], *shape.element, fmt::format("{}[{}]", path, at));
    } else if (shape.kind == Shape::Kind::Map && value.is_object()) {
      for (const auto& [key, member] : value.items()) visit(member, *shape.element, path);
    }
  }

  std::vector<UnknownField> found;

 private:
  static std::string nearest_field(const std::string& key, const Shape& shape) {
    std::vector<std::string> known;
    for (const ShapeField& field : shape.fields) known.push_back(field.name);
    return nearest_word(key, known);
  }
};

}  // namespace

std::optional<std::string> conform(Json& value, const Shape& shape, const std::string& path,
                                   std::vector<std::string>& unknown) {
  Conformer conformer(unknown);
  conformer.visit(value, shape, path, shape);
  return conformer.error();
}

std::vector<UnknownField> unknown_fields(const Json& value, const Shape& shape,
                                         const std::string& path) {
  UnknownFinder finder;
  finder.visit(value, shape, path);
  return std::move(finder.found);
}

}  // namespace sluice::core
