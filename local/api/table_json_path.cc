#include "local/api/table_json_path.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>
#include <string>

namespace sluice::local {

namespace {

using Values = std::vector<const Json*>;

Values children(const Values& values, const std::string& key) {
  Values found;
  for (const Json* value : values) {
    if (value->is_object()) {
      if (const auto child = value->find(key); child != value->end()) found.push_back(&*child);
    }
  }
  return found;
}

Values elements(const Values& values) {
  Values found;
  for (const Json* value : values) {
    if (value->is_structured())
      for (const Json& item : *value) found.push_back(&item);
  }
  return found;
}

Values element(const Values& values, int64_t index) {
  Values found;
  for (const Json* value : values) {
    const int64_t size = value->is_array() ? static_cast<int64_t>(value->size()) : 0;
    const int64_t at = index < 0 ? size + index : index;
    if (at >= 0 && at < size) found.push_back(&(*value)[static_cast<size_t>(at)]);
  }
  return found;
}

/// The text without its quotes; nothing where it has none.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || (text.front() != '\'' && text.front() != '"') ||
      text.back() != text.front()) {
    return std::nullopt;
  }
  return std::string(text.substr(1, text.size() - 2));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// `@.type=="Ready"`, or `@.ready==true`.
Values filtered(const Values& values, std::string_view condition) {
  const size_t equals = condition.find("==");
  if (!condition.starts_with("@") || equals == std::string_view::npos) return {};
  const std::string_view field = trimmed(condition.substr(1, equals - 1));
  const std::string_view literal = trimmed(condition.substr(equals + 2));
  const auto text = unquoted(literal);
  Values found;
  for (const Json* item : elements(values)) {
    const Values reached = find_by_json_path(*item, field);
    const bool equal =
        !reached.empty() && (text ? *reached[0] == Json(*text) : dump_json(*reached[0]) == literal);
    if (equal) found.push_back(item);
  }
  return found;
}

Values subscripted(const Values& values, std::string_view inside) {
  if (inside == "*") return elements(values);
  if (const auto key = unquoted(inside)) return children(values, *key);
  if (inside.starts_with("?(") && inside.ends_with(")"))
    return filtered(values, trimmed(inside.substr(2, inside.size() - 3)));
  int64_t index = 0;
  const auto [stop, error] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
  return error == std::errc{} && stop == inside.data() + inside.size() ? element(values, index)
                                                                       : Values{};
}

/// Takes a field name off the front of `path`; "\." in it stands for a dot.
std::string take_field(std::string_view& path) {
  std::string field;
  while (!path.empty() && path.front() != '.' && path.front() != '[') {
    if (path.front() == '\\' && path.size() > 1) path.remove_prefix(1);
    field += path.front();
    path.remove_prefix(1);
  }
  return field;
}

/// Where the bracket that `path` starts with closes, quotes and nested brackets minded.
size_t closing_bracket(std::string_view path) {
  char quote = 0;
  int depth = 0;
  for (size_t i = 0; i < path.size(); ++i) {
    const char letter = path[i];
    if (quote != 0)
      quote = letter == quote ? '\0' : quote;
    else if (letter == '\'' || letter == '"')
      quote = letter;
    else if (letter == '[')
      ++depth;
    else if (letter == ']' && --depth == 0)
      return i;
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<const Json*> find_by_json_path(const Json& document, std::string_view path) {
  Values values{&document};
  if (path.starts_with("{") && path.ends_with("}")) path = path.substr(1, path.size() - 2);
  if (path.starts_with("$")) path.remove_prefix(1);
  while (!path.empty() && !values.empty()) {
    if (path.front() == '[') {
      const size_t end = closing_bracket(path);
      if (end == std::string_view::npos) return {};
      values = subscripted(values, trimmed(path.substr(1, end - 1)));
      path.remove_prefix(end + 1);
      continue;
    }
    if (path.front() == '.') path.remove_prefix(1);
    if (path.empty() || path.front() == '[') continue;
    const std::string field = take_field(path);
    if (field.empty()) return {};
    values = field == "*" ? elements(values) : children(values, field);
  }
  return values;
}

}  // namespace sluice::local
