#include "analysis/expression_evaluator.h"

#include "analysis/expression.h"
#include "analysis/expression_operators.h"
#include "analysis/expression_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

namespace sluice::analysis {
namespace {

bool is_false(const Value& value) {
  return value.as_bool() != nullptr && !*value.as_bool();
}

bool is_true(const Value& value) {
  return value.as_bool() != nullptr && *value.as_bool();
}

/// Elements of a list or characters of a text.
Value cut(const Value& value, int64_t from, int64_t to) {
  if (const List* items = value.as_list())
    return Value::list(List(items->begin() + from, items->begin() + to));
  return std::string(characters(*value.as_string(), from, to));
}

int64_t length_of(const Value& value) {
  if (const List* items = value.as_list()) return static_cast<int64_t>(items->size());
  return character_count(*value.as_string());
}

}  // namespace

Evaluator::Evaluator(std::string_view text, const Value& result, SystemTime now)
    : text_(text), result_(result), now_(now), result_is_empty_(is_empty_answer(result)) {}

Result<Value> Evaluator::evaluate(const ExpressionNode& node) {
  if (!charge(1)) return fail(too_long());
  auto value = std::visit([&](const auto& form) { return visit(node, form); }, node.form);
  if (value && value->size() > std::max(kExpressionSizeMax, result_.size()))
    return fail(invalid(fmt::format("{}: the value is too large", text_of(node))));
  if (value && value->depth() > kExpressionValueDepthMax)
    return fail(invalid(fmt::format("{}: the value is nested too deeply", text_of(node))));
  return value;
}

Result<Value> Evaluator::visit(const ExpressionNode&, const LiteralNode& form) {
  return form.value;
}

Result<Value> Evaluator::visit(const ExpressionNode&, const ResultNode&) {
  return result_;
}

Result<Value> Evaluator::visit(const ExpressionNode&, const VariableNode& form) {
  return variables_[form.slot];
}

Result<Value> Evaluator::visit(const ExpressionNode&, const PointerNode& form) {
  const Frame& frame = frames_.back();
  switch (form.part) {
    case PointerNode::Part::Item:
      return frame.item;
    case PointerNode::Part::Index:
      return frame.index;
    case PointerNode::Part::Accumulator:
      break;
  }
  return frame.accumulator;
}

Result<Value> Evaluator::visit(const ExpressionNode& node, const UnaryNode& form) {
  const auto operand = evaluate(*form.operand);
  if (!operand || operand->is_no_data()) return operand;
  auto value = apply(form.op, *operand);
  return value ? value : explain(node, value.error(), operand->is_null());
}

Result<Value> Evaluator::visit(const ExpressionNode& node, const BinaryNode& form) {
  if (form.op == BinaryOp::Or || form.op == BinaryOp::And) return either(form);
  if (form.op == BinaryOp::Coalesce) return coalesce(form);
  return strict(node, form);
}

/// `and` and `or` in Kleene's logic: one side may decide where the other is not known.
Result<Value> Evaluator::either(const BinaryNode& form) {
  const bool deciding = form.op == BinaryOp::Or;
  const auto left = condition(*form.left);
  if (!left || (deciding ? is_true(*left) : is_false(*left))) return left;
  const auto right = condition(*form.right);
  if (!right || !left->is_no_data()) return right;
  return (deciding ? is_true(*right) : is_false(*right)) ? right : left;
}

Result<Value> Evaluator::coalesce(const BinaryNode& form) {
  auto left = evaluate(*form.left);
  if (!left || !(left->is_null() || left->is_no_data())) return left;
  return evaluate(*form.right);
}

Result<Value> Evaluator::strict(const ExpressionNode& node, const BinaryNode& form) {
  const auto left = evaluate(*form.left);
  if (!left || left->is_no_data()) return left;
  if (form.pattern) return match(*form.left, *left, *form.pattern);
  const auto right = evaluate(*form.right);
  if (!right || right->is_no_data()) return right;
  if (is_comparison(form.op) && left->is_nan()) return no_data(*form.left, "the value is NaN");
  if (is_comparison(form.op) && right->is_nan()) return no_data(*form.right, "the value is NaN");
  if (!charge_size(left->size() + right->size())) return fail(too_long());
  if (form.op == BinaryOp::Matches && right->as_string() != nullptr)
    return match(form, *left, *right->as_string());
  auto value = apply(form.op, *left, *right);
  if (!value) return explain(node, value.error(), left->is_null() || right->is_null());
  if (!charge_size(value->size())) return fail(too_long());
  return value;
}

Result<Value> Evaluator::match(const ExpressionNode& node, const Value& text,
                               const Pattern& pattern) {
  if (text.as_string() == nullptr) {
    return explain(node,
                   invalid(fmt::format("\"matches\" needs a string, not {}", text.type_name())),
                   text.is_null());
  }
  if (!charge_size(pattern.work(text.as_string()->size()))) return fail(too_long());
  return pattern.found_in(*text.as_string());
}

Result<Value> Evaluator::match(const BinaryNode& form, const Value& text,
                               const std::string& pattern) {
  if (!charge(Pattern::work_to_compile(pattern))) return fail(too_long());
  const auto compiled = Pattern::compile(pattern);
  if (!compiled) return explain(*form.right, compiled.error(), false);
  return match(*form.left, text, *compiled);
}

Result<Value> Evaluator::visit(const ExpressionNode&, const ConditionalNode& form) {
  const auto chosen = condition(*form.condition);
  if (!chosen || chosen->is_no_data()) return chosen;
  return evaluate(is_true(*chosen) ? *form.yes : *form.no);
}

Result<Value> Evaluator::visit(const ExpressionNode& node, const IndexNode& form) {
  const auto object = evaluate(*form.object);
  if (!object || object->is_no_data()) return object;
  if (object->is_null() && form.optional) return Value{};
  const auto key = evaluate(*form.key);
  if (!key || key->is_no_data()) return key;

  if (const List* items = object->as_list()) return element(node, *items, *key);
  if (const Map* entries = object->as_map(); entries != nullptr && key->as_string() != nullptr) {
    const auto found = entries->find(*key->as_string());
    return found == entries->end() ? Value{} : found->second;
  }
  if (object->as_string() != nullptr && key->as_int() != nullptr) {
    if (!charge_size(object->size())) return fail(too_long());
    const int64_t count = length_of(*object);
    const int64_t at = *key->as_int() < 0 ? count + *key->as_int() : *key->as_int();
    if (at >= 0 && at < count) return cut(*object, at, at + 1);
    return fail(invalid(fmt::format("{}: the string has {} characters", text_of(node), count)));
  }
  return explain(node,
                 invalid(fmt::format("{} is {}, which has no element {}", text_of(*form.object),
                                     object->type_name(), to_text(*key))),
                 object->is_null());
}

Result<Value> Evaluator::element(const ExpressionNode& node, const List& items, const Value& key) {
  if (key.as_int() == nullptr) {
    return explain(node, invalid(fmt::format("a list's index is an int, not {}", key.type_name())),
                   key.is_null());
  }
  const auto count = static_cast<int64_t>(items.size());
  const int64_t at = *key.as_int() < 0 ? count + *key.as_int() : *key.as_int();
  if (at >= 0 && at < count) return items[static_cast<size_t>(at)];
  if (count == 0 && result_is_empty_) return no_data(node, "the result has no elements");
  return fail(invalid(fmt::format("{}: index {} is out of range, the list has {} element{}",
                                  text_of(node), *key.as_int(), count, count == 1 ? "" : "s")));
}

Result<Value> Evaluator::visit(const ExpressionNode& node, const SliceNode& form) {
  const auto object = evaluate(*form.object);
  if (!object || object->is_no_data()) return object;
  if (object->as_list() == nullptr && object->as_string() == nullptr) {
    return explain(node, invalid(fmt::format("{} cannot be cut", object->type_name())),
                   object->is_null());
  }
  if (!charge_size(object->size())) return fail(too_long());
  const int64_t count = length_of(*object);
  // Ends beyond the list are drawn in, negative ones count from its end.
  const auto bound = [&](const NodePtr& end, int64_t absent) -> Result<Value> {
    if (!end) return absent;
    auto value = evaluate(*end);
    if (!value || value->is_no_data()) return value;
    if (value->as_int() == nullptr) {
      return explain(*end,
                     invalid(fmt::format("a slice's end is an int, not {}", value->type_name())),
                     value->is_null());
    }
    const int64_t at = *value->as_int() < 0 ? count + *value->as_int() : *value->as_int();
    return std::clamp<int64_t>(at, 0, count);
  };
  const auto from = bound(form.from, 0);
  if (!from || from->is_no_data()) return from;
  const auto to = bound(form.to, count);
  if (!to || to->is_no_data()) return to;
  return cut(*object, *from->as_int(), std::max(*from->as_int(), *to->as_int()));
}

Result<Value> Evaluator::visit(const ExpressionNode& node, const CallNode& form) {
  std::vector<Value> arguments;
  arguments.reserve(form.arguments.size());
  bool has_null = false;
  for (const NodePtr& argument : form.arguments) {
    auto value = evaluate(*argument);
    if (!value || (value->is_no_data() && !form.function->sees_no_data)) return value;
    const size_t work = value->size() * static_cast<size_t>(form.function->weight);
    if (!(form.function->sorts ? charge_order(work) : charge_size(work))) return fail(too_long());
    has_null = has_null || value->is_null();
    arguments.push_back(std::move(*value));
  }
  if (!charge(static_cast<size_t>(form.function->weight))) return fail(too_long());
  auto value = form.function->body({result_, now_}, arguments);
  if (!value) return explain(node, value.error(), has_null);
  if (!charge_size(value->size())) return fail(too_long());
  if (value->is_no_data() && value->no_data_reason().empty())
    return no_data(node, "the result has no elements");
  return value;
}

Result<Value> Evaluator::visit(const ExpressionNode&, const ListNode& form) {
  List items;
  items.reserve(form.items.size());
  for (const NodePtr& item : form.items) {
    auto value = evaluate(*item);
    if (!value) return value;
    items.push_back(std::move(*value));
  }
  return Value::list(std::move(items));
}

Result<Value> Evaluator::visit(const ExpressionNode& node, const MapNode& form) {
  Map entries;
  for (const auto& [key, item] : form.entries) {
    const auto name = evaluate(*key);
    if (!name || name->is_no_data()) return name;
    if (name->as_string() == nullptr)
      return explain(node, invalid("a map's key is a string"), name->is_null());
    auto value = evaluate(*item);
    if (!value) return value;
    entries.insert_or_assign(*name->as_string(), std::move(*value));
  }
  return Value::map(std::move(entries));
}

Result<Value> Evaluator::visit(const ExpressionNode&, const LetNode& form) {
  auto value = evaluate(*form.value);
  if (!value) return value;
  variables_.resize(form.slot);
  variables_.push_back(std::move(*value));
  return evaluate(*form.body);
}

Result<Value> Evaluator::condition(const ExpressionNode& node) {
  auto value = evaluate(node);
  if (!value || value->is_no_data() || value->as_bool() != nullptr) return value;
  return explain(
      node,
      invalid(fmt::format("{} must be true or false, not {}", text_of(node), value->type_name())),
      value->is_null());
}

std::string_view Evaluator::text_of(const ExpressionNode& node) const {
  return text_.substr(node.offset, node.end - node.offset);
}

Result<Value> Evaluator::explain(const ExpressionNode& node, const Error& error,
                                 bool reaches_into_nil) const {
  if (reaches_into_nil && result_is_empty_) return no_data(node, "the result is empty");
  return fail(error.within(text_of(node)));
}

Result<Value> Evaluator::no_data(const ExpressionNode& node, std::string_view why) const {
  return Value::no_data(fmt::format("{}: {}", text_of(node), why));
}

bool Evaluator::charge(size_t steps) {
  steps_ += static_cast<int64_t>(steps);
  return steps_ <= kExpressionStepsMax;
}

bool Evaluator::charge_size(size_t size) {
  return charge(size / kExpressionSizePerStep);
}

bool Evaluator::charge_order(size_t size) {
  return charge_size(size * std::bit_width(size));
}

Error Evaluator::too_long() const {
  return invalid(
      fmt::format("the condition takes more than {} steps on this result", kExpressionStepsMax));
}

}  // namespace sluice::analysis
