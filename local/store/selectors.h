#pragma once

// Label and field selectors as they come in query strings: "a=b,c in (d,e),!f" and
// "metadata.name=x,status.phase!=Running". Pure.

#include "local/store/api_error.h"
#include "local/store/stored_object.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

enum class SelectorOperator { In, NotIn, Exists, Absent, Greater, Less };

/// One requirement on a label. `=` is In with one value, `!=` is NotIn.
struct LabelRequirement {
  std::string key;
  SelectorOperator op = SelectorOperator::Exists;
  std::vector<std::string> values;

  bool matches(const StringMap& labels) const;
  bool operator==(const LabelRequirement&) const = default;
};

/// All requirements must hold; none means everything.
using LabelSelector = std::vector<LabelRequirement>;

/// Reads the text form. Errors are worded as the real server's (400 BadRequest).
ApiResult<LabelSelector> parse_label_selector(std::string_view text);
bool matches(const LabelSelector& selector, const StringMap& labels);

/// Reads the JSON form, {matchLabels, matchExpressions}, as it is in specs. Unknown operators match
/// nothing.
LabelSelector decode_label_selector(const Json& selector);
/// The text form, sorted by key, as the scale subresource shows it: "app=r,tier in (a,b)".
std::string format_label_selector(const LabelSelector& selector);

/// One requirement on a field: equal, or not.
struct FieldRequirement {
  std::string path;
  bool equal = true;
  std::string value;

  bool operator==(const FieldRequirement&) const = default;
};

using FieldSelector = std::vector<FieldRequirement>;

/// Reads the text form: terms with `=`, `==` or `!=`, values with backslash escapes.
ApiResult<FieldSelector> parse_field_selector(std::string_view text);
bool matches(const FieldSelector& selector, const StoredObject& object);

/// What lists and watches select by.
struct Selectors {
  LabelSelector labels;
  FieldSelector fields;

  bool empty() const { return labels.empty() && fields.empty(); }

  bool matches(const StoredObject& object) const;
};

}  // namespace sluice::local
