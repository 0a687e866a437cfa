#include "crds/field_pointer.h"

#include "base/whole_number.h"

#include <algorithm>
#include <optional>

namespace sluice::crds {
namespace {

/// Takes "[…]" off the front.
std::optional<std::string_view> take_bracket(std::string_view& field) {
  if (!field.starts_with('[')) return std::nullopt;
  const size_t end = field.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view inside = field.substr(1, end - 1);
  field.remove_prefix(end + 1);
  return inside;
}

/// Takes the longest key of `object` that the field begins with.
std::optional<std::string> take_key(const Json& object, std::string_view& field) {
  std::optional<std::string> best;
  for (const auto& [key, value] : object.items()) {
    const bool begins =
        field.starts_with(key) &&
        (field.size() == key.size() || field[key.size()] == '.' || field[key.size()] == '[');
    if (begins && (!best || key.size() > best->size())) best = key;
  }
  if (best) field.remove_prefix(best->size());
  return best;
}

/// One step down from `at` along the field; null where there is nothing.
const Json* descend(const Json& at, std::string_view& field, std::string& pointer) {
  if (at.is_array()) {
    const auto inside = take_bracket(field);
    const auto index = inside ? whole_number<size_t>(*inside) : std::nullopt;
    if (!index || *index >= at.size()) return nullptr;
    pointer += '/';
    pointer += *inside;
    return &at[*index];
  }
  if (!at.is_object()) return nullptr;
  std::optional<std::string> key;
  if (const auto inside = take_bracket(field)) {
    key = std::string(*inside);
  } else {
    if (field.starts_with('.')) field.remove_prefix(1);
    key = take_key(at, field);
  }
  if (!key || !at.contains(*key)) return nullptr;
  pointer += '/';
  pointer += escape_pointer_part(*key);
  return &at[*key];
}

}  // namespace

std::string to_pointer(const Json& object, std::string_view field) {
  std::string pointer;
  const Json* at = &object;
  while (at != nullptr && !field.empty()) at = descend(*at, field, pointer);
  return pointer;
}

std::string to_field(std::string_view pointer) {
  std::string field;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const size_t end = std::min(pointer.find('/'), pointer.size());
    const std::string part = unescape_pointer_part(pointer.substr(0, end));
    pointer.remove_prefix(end);
    if (whole_number<size_t>(part))
      field += '[' + part + ']';
    else
      field += (field.empty() ? "" : ".") + part;
  }
  return field;
}

}  // namespace sluice::crds
