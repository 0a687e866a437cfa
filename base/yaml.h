#pragma once

// YAML as Kubernetes' tools read it: a stream of documents that become JSON values. Plain scalars
// resolve by YAML 1.1 as kubectl does it (yes and on are booleans, 0644 is 420, 1_000 is 1000, a
// date stays a string), quoted ones stay strings, keys become strings, `<<` merges. JSON is YAML
// too. Stricter than kubectl in one point: a key that is there twice is an error.
//
// This header holds JSON values and is heavy: include it in source files only.

#include "base/json.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// One document of a stream, with the lines for messages to a person.
struct YamlDocument {
  Json value;
  /// RFC 6901 pointer ("/spec/steps/0") → line, counted from 1 over the whole text. A member's line
  /// is its key's. What came out of an alias has no lines of its own.
  std::map<std::string, size_t, std::less<>> lines;
  size_t first_line = 1;

  /// The line of the pointer, or of its nearest ancestor that has one.
  size_t line_of(std::string_view pointer) const;
};

/// What read_yaml accepts before it gives up.
struct YamlLimits {
  size_t bytes = kJsonBytesMax;
  int depth = kJsonDepthMax;
  /// Nodes and characters that aliases may add to what is written.
  size_t alias_expansion = size_t{4} * 1024 * 1024;
};

/// Reads all documents; empty ones are left out. Errors are Invalid and name the line.
Result<std::vector<YamlDocument>> read_yaml(std::string_view text, const YamlLimits& limits = {});

/// Block style, keys sorted, lists not indented, as `kubectl -o yaml`; strings that would resolve
/// to something else are quoted. Ends with a newline.
std::string write_yaml(const Json& value);

}  // namespace sluice
