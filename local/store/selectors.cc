#include "local/store/selectors.h"

#include "base/json_list.h"
#include "base/whole_number.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {
namespace {

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::ranges::find(values, value) != values.end();
}

/// Greater and Less compare whole numbers; anything else does not match.
bool compares(const LabelRequirement& requirement, const std::string& value) {
  const auto left = whole_number(value);
  const auto right =
      requirement.values.empty() ? std::nullopt : whole_number(requirement.values.front());
  if (!left || !right) return false;
  return requirement.op == SelectorOperator::Greater ? *left > *right : *left < *right;
}

/// The values of one field, or null where the object has none.
const std::string* field_of(const StoredObject& object, const std::string& path) {
  if (path == "metadata.name") return &object.meta.name;
  if (path == "metadata.namespace") return &object.meta.namespace_;
  const auto found = object.fields.find(path);
  return found == object.fields.end() ? nullptr : &found->second;
}

/// Splits at `separator` outside of backslash escapes.
std::vector<std::string> split_terms(std::string_view text, char separator) {
  std::vector<std::string> terms(1);
  for (size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\\' && at + 1 < text.size())
      terms.back().append(text.substr(at++, 2));
    else if (text[at] == separator)
      terms.emplace_back();
    else
      terms.back() += text[at];
  return terms;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    out += text[at];
  }
  return out;
}

std::string joined(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "" : ",") + value;
  return out;
}

std::string format_requirement(const LabelRequirement& requirement) {
  switch (requirement.op) {
    case SelectorOperator::In:
      if (requirement.values.size() == 1) return requirement.key + "=" + requirement.values.front();
      return fmt::format("{} in ({})", requirement.key, joined(requirement.values));
    case SelectorOperator::NotIn:
      return fmt::format("{} notin ({})", requirement.key, joined(requirement.values));
    case SelectorOperator::Exists:
      return requirement.key;
    case SelectorOperator::Absent:
      return "!" + requirement.key;
    case SelectorOperator::Greater:
      return requirement.key + ">" + joined(requirement.values);
    case SelectorOperator::Less:
      return requirement.key + "<" + joined(requirement.values);
  }
  return {};
}

LabelRequirement decode_expression(const Json& expression) {
  LabelRequirement requirement;
  requirement.key = string_at(expression, "key");
  if (const Json* values = find_path(expression, "values"); values != nullptr) {
    for (const Json& value : *values)
      if (value.is_string()) requirement.values.push_back(value.get<std::string>());
  }
  const std::string op = string_at(expression, "operator");
  if (op == "NotIn") {
    requirement.op = SelectorOperator::NotIn;
  } else if (op == "Exists") {
    requirement.op = SelectorOperator::Exists;
  } else if (op == "DoesNotExist") {
    requirement.op = SelectorOperator::Absent;
  } else {
    requirement.op = SelectorOperator::In;  // Of no values where the operator is unknown.
    if (op != "In") requirement.values.clear();
  }
  return requirement;
}

}  // namespace

bool LabelRequirement::matches(const StringMap& labels) const {
  const auto found = labels.find(key);
  const bool present = found != labels.end();
  switch (op) {
    case SelectorOperator::In:
      return present && contains(values, found->second);
    case SelectorOperator::NotIn:
      return !present || !contains(values, found->second);
    case SelectorOperator::Exists:
      return present;
    case SelectorOperator::Absent:
      return !present;
    case SelectorOperator::Greater:
    case SelectorOperator::Less:
      return present && compares(*this, found->second);
  }
  return false;
}

bool matches(const LabelSelector& selector, const StringMap& labels) {
  return std::ranges::all_of(selector, [&labels](const LabelRequirement& requirement) {
    return requirement.matches(labels);
  });
}

LabelSelector decode_label_selector(const Json& selector) {
  LabelSelector out;
  if (const Json* labels = find_path(selector, "matchLabels");
      labels != nullptr && labels->is_object()) {
    for (const auto& [key, value] : labels->items())
      if (value.is_string()) out.push_back({key, SelectorOperator::In, {value.get<std::string>()}});
  }
  for (const Json& expression : list_at(selector, "matchExpressions"))
    out.push_back(decode_expression(expression));
  return out;
}

std::string format_label_selector(const LabelSelector& selector) {
  LabelSelector sorted = selector;
  std::ranges::stable_sort(sorted, {}, &LabelRequirement::key);
  std::string out;
  for (const LabelRequirement& requirement : sorted)
    out += (out.empty() ? "" : ",") + format_requirement(requirement);
  return out;
}

ApiResult<FieldSelector> parse_field_selector(std::string_view text) {
  FieldSelector out;
  for (const std::string& term : split_terms(text, ',')) {
    if (term.empty()) continue;
    const size_t sign = term.find('=');
    if (sign == std::string::npos) {
      return fail(
          bad_request(fmt::format("invalid selector: '{}'; can't understand '{}'", text, term)));
    }
    const bool unequal = sign > 0 && term[sign - 1] == '!';
    const bool doubled = !unequal && term.substr(sign, 2) == "==";
    out.push_back({.path = term.substr(0, unequal ? sign - 1 : sign),
                   .equal = !unequal,
                   .value = unescape(std::string_view(term).substr(sign + (doubled ? 2 : 1)))});
  }
  return out;
}

bool matches(const FieldSelector& selector, const StoredObject& object) {
  return std::ranges::all_of(selector, [&object](const FieldRequirement& requirement) {
    const std::string* value = field_of(object, requirement.path);
    const bool same = value == nullptr ? requirement.value.empty() : *value == requirement.value;
    return same == requirement.equal;
  });
}

bool Selectors::matches(const StoredObject& object) const {
  return local::matches(labels, object.meta.labels) && local::matches(fields, object);
}

}  // namespace sluice::local
