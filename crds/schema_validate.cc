// Validation, in the order in which an API server's validator looks: type, compositions, text,
// numbers, items, enumeration, members.

#include "crds/schema.h"
#include "crds/schema_list_check.h"
#include "crds/schema_value_checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace sluice::crds {
namespace {

Outcome validate_node(const Subject& subject);

Outcome check_any_of(const Subject& subject) {
  Outcome outcome;
  std::optional<Outcome> best_failure;
  for (const SchemaNodePtr& branch : subject.node.any_of) {
    Outcome result = validate_node({subject.value, *branch, subject.path});
    if (result.valid()) return result;
    if (!best_failure || result.checks > best_failure->checks) best_failure = std::move(result);
  }
  if (!best_failure) return outcome;
  outcome.add(subject.composition("validate at least one schema (anyOf)"));
  outcome.merge(std::move(*best_failure));
  return outcome;
}

Outcome check_one_of(const Subject& subject) {
  Outcome outcome;
  std::optional<Outcome> first_success;
  std::optional<Outcome> best_failure;
  size_t valid = 0;
  for (const SchemaNodePtr& branch : subject.node.one_of) {
    Outcome result = validate_node({subject.value, *branch, subject.path});
    if (result.valid()) {
      ++valid;
      if (!first_success) first_success = std::move(result);
    } else if (!best_failure || result.checks > best_failure->checks) {
      best_failure = std::move(result);
    }
  }
  if (valid == 1) return std::move(*first_success);
  if (valid > 1) {
    outcome.add(subject.composition(fmt::format(
        "validate one and only one schema (oneOf). Found {} valid alternatives", valid)));
  } else if (best_failure) {
    outcome.add(subject.composition("validate one and only one schema (oneOf). Found none valid"));
    outcome.merge(std::move(*best_failure));
  }
  return outcome;
}

Outcome check_all_of(const Subject& subject) {
  Outcome outcome;
  size_t valid = 0;
  for (const SchemaNodePtr& branch : subject.node.all_of) {
    Outcome result = validate_node({subject.value, *branch, subject.path});
    if (result.valid()) ++valid;
    outcome.merge(std::move(result));
  }
  if (valid != subject.node.all_of.size()) {
    outcome.add(subject.composition(valid == 0 ? "validate all the schemas (allOf). None validated"
                                               : "validate all the schemas (allOf)"));
  }
  return outcome;
}

Outcome check_compositions(const Subject& subject) {
  Outcome outcome = check_any_of(subject);
  outcome.merge(check_one_of(subject));
  outcome.merge(check_all_of(subject));
  if (subject.node.negated != nullptr &&
      validate_node({subject.value, *subject.node.negated, subject.path}).valid()) {
    outcome.add(subject.composition("not validate the schema (not)"));
  }
  ++outcome.checks;
  return outcome;
}

FieldError too_many(const Subject& subject, size_t count, int64_t max) {
  return subject.error(FieldErrorType::TooMany, std::to_string(count),
                       fmt::format("must have at most {} items", max));
}

FieldError too_few(const Subject& subject, size_t count, int64_t min, std::string_view unit) {
  return subject.error(
      FieldErrorType::Invalid, std::to_string(count),
      fmt::format("{} in body should have at least {} {}", subject.path.field(), min, unit));
}

bool has_duplicates(const Json& list) {
  std::vector<Json> sorted(list.begin(), list.end());
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
}

Outcome check_items(const Subject& subject) {
  const SchemaNode& node = subject.node;
  const size_t count = subject.value.size();
  Outcome outcome;
  for (size_t i = 0; node.items != nullptr && i < count; ++i)
    outcome.merge(validate_node({subject.value[i], *node.items, subject.path.item(i)}));
  if (node.items_count.min && std::cmp_less(count, *node.items_count.min))
    outcome.add(too_few(subject, count, *node.items_count.min, "items"));
  if (node.items_count.max && std::cmp_greater(count, *node.items_count.max))
    outcome.add(too_many(subject, count, *node.items_count.max));
  if (node.unique_items && has_duplicates(subject.value)) {
    outcome.add(subject.error(
        FieldErrorType::Invalid, "\"\"",
        fmt::format("{} in body shouldn't contain duplicates", subject.path.field())));
  }
  ++outcome.checks;
  return outcome;
}

Outcome check_members(const Subject& subject) {
  const SchemaNode& node = subject.node;
  const size_t count = subject.value.size();
  Outcome outcome;
  if (node.members_count.min && std::cmp_less(count, *node.members_count.min))
    outcome.add(too_few(subject, count, *node.members_count.min, "properties"));
  if (node.members_count.max && std::cmp_greater(count, *node.members_count.max))
    outcome.add(too_many(subject, count, *node.members_count.max));
  for (const auto& [key, value] : subject.value.items())
    if (const SchemaNode* member = node.member(key))
      outcome.merge(validate_node({value, *member, subject.path.member(key)}));
  for (const std::string& key : node.required) {
    if (subject.value.contains(key)) continue;
    const SchemaPath missing = subject.path.member(key);
    outcome.add(Subject{subject.value, node, missing}.error(FieldErrorType::Required, "", ""));
  }
  return outcome;
}

Outcome validate_null(const Subject& subject) {
  const SchemaNode& node = subject.node;
  Outcome outcome;
  if (node.types != 0 && !node.nullable)
    outcome.add(subject.wrong_type(node.type_name, "null"));
  else
    outcome.checks = 1;
  outcome.merge(check_enumeration(subject));
  return outcome;
}

Outcome validate_node(const Subject& subject) {
  const Json& value = subject.value;
  if (value.is_null()) return validate_null(subject);
  Outcome outcome;
  const auto run = [&outcome, &subject](Outcome (*check)(const Subject&)) {
    outcome.merge(check(subject));
    ++outcome.checks;
  };
  if (subject.node.types != 0 || !subject.node.format.empty()) run(check_type);
  run(check_compositions);
  if (value.is_string()) {
    run(check_text);
    if (!subject.node.format.empty()) run(check_format);
  }
  if (value.is_number()) run(check_number);
  if (value.is_array()) run(check_items);
  run(check_enumeration);
  if (value.is_object()) run(check_members);
  ++outcome.checks;
  return outcome;
}

}  // namespace

std::vector<FieldError> Schema::validate(const Json& object) const {
  const SchemaPath root;
  std::vector<FieldError> errors = validate_node({object, *root_, root}).errors;
  check_lists(object, *root_, errors);
  return errors;
}

}  // namespace sluice::crds
