// all, any, filter and the other functions with a predicate: the part of the Evaluator that runs a
// body for each element of a list.

#include "analysis/expression_evaluator.h"
#include "analysis/expression_operators.h"
#include "analysis/expression_order.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace sluice::analysis {

Result<Value> Evaluator::visit(const ExpressionNode& node, const PredicateNode& form) {
  const auto list = evaluate(*form.list);
  if (!list || list->is_no_data()) return list;
  const List* items = list->as_list();
  if (items == nullptr) {
    return explain(node, invalid(fmt::format("needs a list, not {}", list->type_name())),
                   list->is_null());
  }
  switch (form.predicate) {
    case Predicate::All:
    case Predicate::Any:
    case Predicate::None:
    case Predicate::One:
      return quantify(form, *items);
    case Predicate::Filter:
    case Predicate::Count:
      return count_or_filter(form, *items);
    case Predicate::Find:
    case Predicate::FindIndex:
    case Predicate::FindLast:
    case Predicate::FindLastIndex:
      return search(form, *items);
    case Predicate::MapEach:
      return map_each(form, *items);
    case Predicate::Sum:
      return sum(form, *items);
    case Predicate::GroupBy:
      return group_by(form, *items);
    case Predicate::SortBy:
      return sort_by(form, *items);
    case Predicate::Reduce:
      break;
  }
  return reduce(form, *items);
}

Result<Value> Evaluator::body_of(const PredicateNode& form, const List& items, size_t index) {
  if (!form.body) {
    if (!charge(1)) return fail(too_long());
    return items[index];
  }
  frames_.push_back({items[index], static_cast<int64_t>(index), {}});
  auto value = evaluate(*form.body);
  frames_.pop_back();
  return value;
}

/// Kleene's logic over the elements: one that decides is enough, else one that is not known leaves
/// the whole unknown.
Result<Value> Evaluator::quantify(const PredicateNode& form, const List& items) {
  const bool negated = form.predicate == Predicate::None;
  int64_t found = 0;
  std::optional<Value> unknown;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto value = body_of(form, items, i);
    if (!value) return value;
    if (value->is_no_data()) {
      unknown = *value;
    } else if (value->as_bool() == nullptr) {
      return fail(invalid(fmt::format("{} must be true or false, not {}", text_of(*form.body),
                                      value->type_name())));
    } else if (*value->as_bool()) {
      ++found;
      if (form.predicate == Predicate::Any || negated) return !negated;
      if (form.predicate == Predicate::One && found > 1) return false;
    } else if (form.predicate == Predicate::All) {
      return false;
    }
  }
  if (unknown) return *unknown;
  if (form.predicate == Predicate::One) return found == 1;
  return form.predicate != Predicate::Any;
}

/// An element that cannot be decided does not match; where none can be, nothing is known.
Result<Value> Evaluator::count_or_filter(const PredicateNode& form, const List& items) {
  List kept;
  std::optional<Value> unknown;
  size_t unknowns = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto value = body_of(form, items, i);
    if (!value) return value;
    if (value->is_no_data()) {
      unknown = *value;
      ++unknowns;
    } else if (value->as_bool() == nullptr) {
      return fail(invalid(fmt::format(
          "count and filter need true or false for each element, not {}", value->type_name())));
    } else if (*value->as_bool()) {
      kept.push_back(items[i]);
    }
  }
  if (unknown && unknowns == items.size()) return *unknown;
  if (form.predicate == Predicate::Count) return static_cast<int64_t>(kept.size());
  return Value::list(std::move(kept));
}

Result<Value> Evaluator::search(const PredicateNode& form, const List& items) {
  const bool backwards =
      form.predicate == Predicate::FindLast || form.predicate == Predicate::FindLastIndex;
  const bool gives_item =
      form.predicate == Predicate::Find || form.predicate == Predicate::FindLast;
  std::optional<Value> unknown;
  for (size_t n = 0; n < items.size(); ++n) {
    const size_t i = backwards ? items.size() - 1 - n : n;
    const auto value = body_of(form, items, i);
    if (!value) return value;
    if (value->is_no_data()) unknown = *value;
    if (value->as_bool() == nullptr || !*value->as_bool()) continue;
    if (gives_item) return items[i];
    return static_cast<int64_t>(i);
  }
  return unknown ? *unknown : Value{};
}

Result<Value> Evaluator::map_each(const PredicateNode& form, const List& items) {
  List mapped;
  mapped.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    auto value = body_of(form, items, i);
    if (!value) return value;
    mapped.push_back(std::move(*value));
  }
  return Value::list(std::move(mapped));
}

Result<Value> Evaluator::sum(const PredicateNode& form, const List& items) {
  Value total = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto value = body_of(form, items, i);
    if (!value || value->is_no_data()) return value;
    if (!value->is_number() && value->as_duration() == nullptr)
      return fail(invalid(fmt::format("sum needs numbers, not {}", value->type_name())));
    auto added = i == 0 ? *value : apply(BinaryOp::Add, total, *value);
    if (!added) return fail(added.error().within("sum"));
    total = std::move(*added);
  }
  return total;
}

/// The elements by the text of what the body gives for them.
Result<Value> Evaluator::group_by(const PredicateNode& form, const List& items) {
  constexpr size_t kGroupSteps = 16;
  const Function* string = find_function("string");
  std::map<std::string, List> groups;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto key = body_of(form, items, i);
    if (!key || key->is_no_data()) return key;
    if (!charge_size(key->size())) return fail(too_long());
    const auto text = string->body({result_, now_}, std::span(&*key, 1));
    List& group = groups[*text->as_string()];
    if (!charge(group.empty() ? kGroupSteps : 1)) return fail(too_long());
    group.push_back(items[i]);
  }
  Map entries;
  for (auto& [key, group] : groups) entries.emplace(key, Value::list(std::move(group)));
  return Value::map(std::move(entries));
}

Result<Value> Evaluator::sort_by(const PredicateNode& form, const List& items) {
  const auto keys = map_each(form, items);
  if (!keys) return keys;
  if (!charge_order(keys->size())) return fail(too_long());
  const List& values = *keys->as_list();
  if (std::ranges::any_of(values, &Value::is_nan)) return Value::no_data("sortBy: a value is NaN");
  const auto order = order_of(values, false);
  if (!order) return fail(order.error().within("sortBy"));
  List sorted;
  sorted.reserve(items.size());
  for (const size_t i : *order) sorted.push_back(items[i]);
  return Value::list(std::move(sorted));
}

Result<Value> Evaluator::reduce(const PredicateNode& form, const List& items) {
  size_t first = 0;
  Value accumulator;
  if (form.initial) {
    auto initial = evaluate(*form.initial);
    if (!initial) return initial;
    accumulator = std::move(*initial);
  } else if (!items.empty()) {
    accumulator = items[first++];
  } else {
    return fail(invalid("reduce needs an element or an initial value"));
  }
  for (size_t i = first; i < items.size(); ++i) {
    frames_.push_back({items[i], static_cast<int64_t>(i), accumulator});
    auto value = evaluate(*form.body);
    frames_.pop_back();
    if (!value) return value;
    accumulator = std::move(*value);
  }
  return accumulator;
}

}  // namespace sluice::analysis
