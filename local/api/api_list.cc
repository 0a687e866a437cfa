#include "local/api/api_list.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

/// The end of the JSON value that starts at `at`: just behind it.
size_t skip_value(std::string_view text, size_t at) {
  int depth = 0;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char letter = text[at];
    if (quoted) {
      if (letter == '\\')
        ++at;
      else if (letter == '"')
        quoted = false;
    } else if (letter == '"') {
      quoted = true;
    } else if (letter == '{' || letter == '[') {
      ++depth;
    } else if ((letter == '}' || letter == ']' || letter == ',') && depth == 0) {
      return at;
    } else if (letter == '}' || letter == ']') {
      --depth;
    }
  }
  return at;
}

}  // namespace

Json list_metadata(const ResourceType& type, const ListPage& page) {
  Json metadata = {{"resourceVersion", page.resource_version}};
  if (!page.continue_token.empty() || type.custom) metadata["continue"] = page.continue_token;
  if (page.remaining) metadata["remainingItemCount"] = *page.remaining;
  return metadata;
}

std::string without_type_meta(std::string_view object) {
  std::string result = "{";
  size_t at = 1;
  while (at < object.size() && object[at] != '}') {
    const size_t end = skip_value(object, at);
    const std::string_view member = object.substr(at, end - at);
    if (!member.starts_with(R"("apiVersion":)") && !member.starts_with(R"("kind":)")) {
      result += result.size() == 1 ? "" : ",";
      result += member;
    }
    at = end < object.size() && object[end] == ',' ? end + 1 : end;
  }
  return result + "}";
}

std::string list_item(const ResourceType& type, const StoredObject& object) {
  return type.custom ? *object.json : without_type_meta(*object.json);
}

std::string list_body(std::string_view api_version, std::string_view kind, std::string_view items,
                      const Json& metadata) {
  return fmt::format(R"({{"apiVersion":{},"items":[{}],"kind":{},"metadata":{}}})",
                     dump_json(api_version), items, dump_json(kind), dump_json(metadata));
}

}  // namespace sluice::local
