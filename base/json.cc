#include "base/json.h"

#include "base/json_extent.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice {
namespace {

/// Takes the part before the next dot off the front of `path`.
std::string_view take_part(std::string_view& path) {
  const size_t dot = path.find('.');
  const std::string_view part = path.substr(0, dot);
  path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  return part;
}

}  // namespace

JsonText make_json_text(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

bool same_text(const JsonText& a, const JsonText& b) {
  return a == b || (a && b && *a == *b);
}

Result<Json> parse_json(std::string_view text) {
  if (text.size() > kJsonBytesMax)
    return fail(invalid(fmt::format("JSON of {} bytes; at most {}", text.size(), kJsonBytesMax)));
  // Counted beforehand: the parser's own callback looks at all siblings again at each object's end,
  // which takes seconds for a list of ten thousand.
  if (extent_of_json(text).nesting > kJsonDepthMax)
    return fail(invalid(fmt::format("JSON nested deeper than {} levels", kJsonDepthMax)));
  try {
    Json value = Json::parse(text);
    return value;
  } catch (const Json::exception& error) {
    return fail(invalid(error.what()));
  }
}

std::string dump_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string escape_pointer_part(std::string_view key) {
  return Json::json_pointer().operator/=(std::string(key)).to_string().substr(1);
}

std::string unescape_pointer_part(std::string_view part) {
  return Json::json_pointer('/' + std::string(part)).back();
}

const Json* find_path(const Json& value, std::string_view dotted) {
  const Json* at = &value;
  while (!dotted.empty()) {
    const std::string_view part = take_part(dotted);
    if (!at->is_object()) return nullptr;
    const auto found = at->find(part);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::string string_at(const Json& value, std::string_view dotted, std::string_view fallback) {
  const Json* found = find_path(value, dotted);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string(fallback);
}

int64_t int_at(const Json& value, std::string_view dotted, int64_t fallback) {
  const Json* found = find_path(value, dotted);
  return found != nullptr && found->is_number_integer() ? found->get<int64_t>() : fallback;
}

bool bool_at(const Json& value, std::string_view dotted, bool fallback) {
  const Json* found = find_path(value, dotted);
  return found != nullptr && found->is_boolean() ? found->get<bool>() : fallback;
}

void apply_merge_patch(Json& target, const Json& patch) {
  target.merge_patch(patch);
}

Json make_merge_patch(const Json& from, const Json& to) {
  if (!from.is_object() || !to.is_object()) return to;
  Json patch = Json::object();
  for (const auto& [key, value] : from.items())
    if (!to.contains(key)) patch[key] = nullptr;
  for (const auto& [key, value] : to.items()) {
    const auto before = from.find(key);
    if (before == from.end())
      patch[key] = value;
    else if (*before != value)
      patch[key] = make_merge_patch(*before, value);
  }
  return patch;
}

}  // namespace sluice
