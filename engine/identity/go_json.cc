#include "engine/identity/go_json.h"

#include "core/quantity.h"
#include "engine/identity/go_schema.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::engine {
namespace {

using core::Presence;
using core::Shape;

bool is_empty(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
    case Json::value_t::discarded:
      return true;
    case Json::value_t::object:
    case Json::value_t::array:
      return value.empty();
    case Json::value_t::string:
      return value.get_ref<const std::string&>().empty();
    case Json::value_t::boolean:
      return !value.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return value.get<int64_t>() == 0;
    case Json::value_t::number_float:
      return value.get<double>() == 0;
    case Json::value_t::binary:
      return false;
  }
  return false;
}

/// Bytes of the line separators U+2028 and U+2029, which Go escapes, begin with this.
constexpr std::string_view kSeparatorPrefix = "\xE2\x80";

void write_string(std::string_view text, std::string& out) {
  out += '"';
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const bool separator = text.substr(i, 2) == kSeparatorPrefix && i + 2 < text.size() &&
                           (text[i + 2] == '\xA8' || text[i + 2] == '\xA9');
    if (separator) {
      out += text[i + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += text[i];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\b') {
      out += "\\b";
    } else if (c == '\f') {
      out += "\\f";
    } else if (c < 0x20 || c == '<' || c == '>' || c == '&') {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out += text[i];
    }
  }
  out += '"';
}

/// Without a shape a value is written as it is.
void write_value(const Json& value, const Shape* shape, std::string& out);

void write_key(const std::string& key, std::string& out) {
  if (out.back() != '{') out += ',';
  write_string(key, out);
  out += ':';
}

void write_field(const core::ShapeField& field, const Json& object, std::string& out) {
  const auto found = object.find(field.name);
  const bool absent = found == object.end() || found->is_null();
  if (absent && field.presence != Presence::Always) return;
  if (!absent && field.presence == Presence::OmitEmpty && is_empty(*found)) return;
  write_key(field.name, out);
  if (!absent)
    write_value(*found, field.shape, out);
  else if (field.zero.empty())
    write_value(Json::object(), field.shape, out);
  else
    out += field.zero;
}

void write_struct(const Json& object, const Shape& shape, std::string& out) {
  out += '{';
  for (const core::ShapeField& field : shape.fields) write_field(field, object, out);
  for (const auto& [key, value] : object.items()) {
    if (shape.field(key) != nullptr || is_empty(value)) continue;
    write_key(key, out);
    write_value(value, nullptr, out);
  }
  out += '}';
}

void write_map(const Json& object, const Shape* element, std::string& out) {
  out += '{';
  for (const auto& [key, value] : object.items()) {
    write_key(key, out);
    write_value(value, element, out);
  }
  out += '}';
}

void write_list(const Json& list, const Shape* element, std::string& out) {
  out += '[';
  for (const Json& item : list) {
    if (out.back() != '[') out += ',';
    write_value(item, element, out);
  }
  out += ']';
}

void write_value(const Json& value, const Shape* shape, std::string& out) {
  const Shape* element = shape != nullptr ? shape->element : nullptr;
  if (value.is_array()) return write_list(value, element, out);
  if (value.is_object()) {
    const bool is_struct = shape != nullptr && shape->kind == Shape::Kind::Object;
    return is_struct ? write_struct(value, *shape, out) : write_map(value, element, out);
  }
  const bool is_quantity = shape != nullptr && shape->kind == Shape::Kind::Quantity;
  if (is_quantity && (value.is_string() || value.is_number())) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    return write_string(core::canonical_quantity(text), out);
  }
  if (value.is_string()) return write_string(value.get_ref<const std::string&>(), out);
  out += value.dump();
}

}  // namespace

std::string write_go_json(const Json& value, std::string_view type) {
  const Shape* shape = find_go_shape(type);
  std::string out;
  if (value.is_array())
    write_list(value, shape, out);
  else
    write_value(value, shape, out);
  return out;
}

}  // namespace sluice::engine
