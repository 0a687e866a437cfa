#pragma once

// The JSON that an API server sends, read with more patience than our own: one object that is
// nested too deep for us must not make a whole list, or the watch that tells of it, unreadable.

#include "base/json.h"

#include <functional>
#include <string_view>

namespace sluice::kube {

/// Parses whatever well-formed JSON up to kJsonBytesMax. What is nested deeper than kJsonDepthMax
/// must not be dumped: make_object refuses it.
Result<Json> parse_api_json(std::string_view text);

/// How an answer or a line of a watch is read.
struct ApiReading {
  /// Without what only API servers and kubectl read, which is often longer than the rest: the
  /// fields of metadata.managedFields, and the annotation that holds what was applied last.
  bool lean = false;
  /// Of a watch line, but for a deletion: where object.metadata.resourceVersion is known, the rest
  /// is not read. It is then the only thing in the object.
  std::function<bool(std::string_view resource_version)> known{};
};

/// The same, but for what the reading leaves out.
Result<Json> parse_api_json(std::string_view text, const ApiReading& reading);

/// True where arrays and objects are nested more than `levels` deep.
bool nested_deeper(const Json& value, int levels);

}  // namespace sluice::kube
