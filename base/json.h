#pragma once

// JSON values are nlohmann's; this header only names them. Include <nlohmann/json.hpp> in the
// source files that look inside (it is heavy).

#include "base/result.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace sluice {

using Json = nlohmann::json;

/// JSON kept as the text it came as: cheap to share, never re-encoded. Null where there is none.
using JsonText = std::shared_ptr<const std::string>;

JsonText make_json_text(std::string text);
/// True where both are null or hold the same text.
bool same_text(const JsonText& a, const JsonText& b);

/// The longest document and the deepest nesting that parse_json accepts.
inline constexpr size_t kJsonBytesMax = 16 * 1024 * 1024;
inline constexpr int kJsonDepthMax = 200;

/// Parses one JSON document; errors say where. Bounded in size and depth.
Result<Json> parse_json(std::string_view text);
/// The compact text of a value; invalid UTF-8 is replaced.
std::string dump_json(const Json& value);

/// Looks a path such as "spec.template.metadata" up. Null where any part is missing. Keys that hold
/// dots cannot be reached this way: use the value itself.
const Json* find_path(const Json& value, std::string_view dotted);
/// The string at the path, or the fallback where it is missing or no string.
std::string string_at(const Json& value, std::string_view dotted, std::string_view fallback = "");
/// The whole number at the path, or the fallback.
int64_t int_at(const Json& value, std::string_view dotted, int64_t fallback = 0);
bool bool_at(const Json& value, std::string_view dotted, bool fallback = false);

/// The part of an RFC 6901 pointer for one key, and back: "a/b" ↔ "a~1b".
std::string escape_pointer_part(std::string_view key);
std::string unescape_pointer_part(std::string_view part);

/// RFC 7396: applies `patch` to `target` in place.
void apply_merge_patch(Json& target, const Json& patch);
/// The smallest RFC 7396 patch that turns `from` into `to`; an empty object where they are equal.
Json make_merge_patch(const Json& from, const Json& to);

}  // namespace sluice
