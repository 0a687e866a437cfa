#pragma once

// JSONPath in the dialect of Kubernetes (https://kubernetes.io/docs/reference/kubectl/jsonpath/),
// as far as it finds something in a document: one path, in braces or without.
//
//   {$.a.b}  {.a['b']}  {$.list[0]}  {[-1]}     fields and elements; `$` may be left out
//   {$.list[1:5:2]}  {['a','b']}  {[0,2]}       slices (the end is not part of them) and unions
//   {$.list[*]}  {$.*}  {$..name}               everything; at any depth
//   {$.list[?(@.code >= 500)].count}            elements for which the comparison holds: == != < <=
//                                               > >= with a number, 'text', true, false, null or a
//                                               path; alone, {[?(@.x)]}, what has an x
//
// Both compiling and finding are bounded, in time and in stack. A field or an element that is named
// and missing is an error, as for kubectl; what `*`, `..`, slices and filters do not find is no
// error.

#include "analysis/expression.h"
#include "base/json.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>
#include <vector>

namespace sluice::analysis {

inline constexpr size_t kJsonPathBytesMax = 4 * 1024;
inline constexpr size_t kJsonPathStepsMax = 64;
/// Values that one search looks at: some milliseconds.
inline constexpr int64_t kJsonPathLooksMax = 200'000;

struct JsonPathTree;

class JsonPath {
 public:
  static std::expected<JsonPath, CompileError> compile(std::string_view text);

  /// What was found, in the document's order; pointers into `document`. Errors are Invalid: what
  /// is missing, by its name, or a search that is too large.
  Result<std::vector<const Json*>> find(const Json& document) const;

 private:
  explicit JsonPath(std::shared_ptr<const JsonPathTree> tree) : tree_(std::move(tree)) {}

  std::shared_ptr<const JsonPathTree> tree_;
};

}  // namespace sluice::analysis
