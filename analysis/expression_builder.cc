#include "analysis/expression_builder.h"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>

namespace sluice::analysis {
namespace {

int deepest_of(std::initializer_list<const NodePtr*> nodes) {
  int depth = 0;
  for (const NodePtr* node : nodes) depth = std::max(depth, *node ? (*node)->depth : 0);
  return depth;
}

int deepest_of(const std::vector<NodePtr>& nodes) {
  int depth = 0;
  for (const NodePtr& node : nodes) depth = std::max(depth, node->depth);
  return depth;
}

bool is_known_other(const NodePtr& node, StaticType wanted) {
  return node->type != StaticType::Unknown && node->type != wanted;
}

/// Steps to turn one word into the other (Levenshtein).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t kept = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, kept});
    }
  }
  return row[b.size()];
}

std::string suggestion(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr size_t kWordMax = 64;
  if (name.size() > kWordMax) return {};
  std::string_view best;
  // One wrong letter in three is a slip, more is another word.
  size_t nearest = std::min<size_t>(name.size() / 3, 2) + 1;
  for (const std::string_view candidate : known) {
    const size_t steps = distance(name, candidate);
    if (steps >= nearest) continue;
    nearest = steps;
    best = candidate;
  }
  return best.empty() ? std::string{} : fmt::format("; did you mean \"{}\"?", best);
}

bool counts_fit(const Function& function, size_t count) {
  const int given = static_cast<int>(count);
  return given >= function.least && (function.most == kAnyNumber || given <= function.most);
}

/// What a predicate's function gives on a list of that type.
StaticType type_of(const PredicateForm& form, StaticType list, const NodePtr& body) {
  switch (form.predicate) {
    case Predicate::Filter:
    case Predicate::SortBy:
      return is_list(list) ? list : StaticType::Array;
    case Predicate::Find:
    case Predicate::FindLast:
      return element_of(list);
    case Predicate::MapEach:
      return list_of(body->type);
    case Predicate::All:
    case Predicate::Any:
    case Predicate::None:
    case Predicate::One:
    case Predicate::Count:
    case Predicate::Sum:
    case Predicate::GroupBy:
    case Predicate::FindIndex:
    case Predicate::FindLastIndex:
    case Predicate::Reduce:
      break;
  }
  return form.type;
}

std::string wrong_count(const Function& function, size_t count) {
  const std::string wanted =
      function.most == kAnyNumber       ? fmt::format("at least {}", function.least)
      : function.least == function.most ? fmt::format("{}", function.least)
                                        : fmt::format("{} to {}", function.least, function.most);
  return fmt::format("{} takes {} argument{}, not {}", function.name, wanted,
                     wanted.ends_with('1') ? "" : "s", count);
}

}  // namespace

NodePtr NodeBuilder::fail_at(size_t offset, std::string message) {
  if (!error_) error_ = CompileError{offset, std::move(message)};
  return nullptr;
}

NodePtr NodeBuilder::fail_unknown_name(size_t offset, std::string_view name,
                                       const std::vector<std::string_view>& known) {
  if (find_function(name) != nullptr || find_predicate(name) != nullptr)
    return fail_at(offset, fmt::format("\"{0}\" is a function: write {0}(…)", name));
  return fail_at(offset, fmt::format("unknown name \"{}\"{}", name, suggestion(name, known)));
}

NodePtr NodeBuilder::make(ExpressionNode::Form form, StaticType type, Span span, int deepest) {
  if (error_) return nullptr;
  if (deepest >= kExpressionDepthMax)
    return fail_at(span.offset, fmt::format("nested deeper than {} levels", kExpressionDepthMax));
  return std::make_shared<const ExpressionNode>(ExpressionNode{.form = std::move(form),
                                                               .offset = span.offset,
                                                               .end = span.end,
                                                               .depth = deepest + 1,
                                                               .type = type});
}

NodePtr NodeBuilder::in_brackets(const NodePtr& node, Span span) {
  if (!node) return nullptr;
  ExpressionNode wider = *node;
  wider.offset = span.offset;
  wider.end = span.end;
  return std::make_shared<const ExpressionNode>(std::move(wider));
}

NodePtr NodeBuilder::leaf(ExpressionNode::Form form, StaticType type, Span span) {
  return make(std::move(form), type, span, 0);
}

NodePtr NodeBuilder::unary(UnaryOp op, const NodePtr& operand, Span span) {
  if (!operand) return nullptr;
  const auto type = type_of(op, operand->type);
  if (!type) return fail_at(span.offset, type.error());
  return make(UnaryNode{op, operand}, *type, span, operand->depth);
}

NodePtr NodeBuilder::binary(const NodePtr& left, BinaryOp op, const NodePtr& right,
                            size_t op_offset) {
  if (!left || !right) return nullptr;
  const auto type = type_of(op, left->type, right->type);
  if (!type) return fail_at(op_offset, type.error());
  BinaryNode form{op, left, right, std::nullopt};
  const auto* literal = std::get_if<LiteralNode>(&right->form);
  if (op == BinaryOp::Matches && literal != nullptr) {
    auto pattern = Pattern::compile(*literal->value.as_string());
    if (!pattern) return fail_at(right->offset, pattern.error().message);
    form.pattern = std::move(*pattern);
  }
  return make(std::move(form), *type, {left->offset, right->end}, deepest_of({&left, &right}));
}

NodePtr NodeBuilder::choice(const NodePtr& condition, const NodePtr& yes, const NodePtr& no,
                            Span span) {
  if (!condition || !yes || !no) return nullptr;
  if (is_known_other(condition, StaticType::Bool)) {
    return fail_at(condition->offset, fmt::format("a condition is true or false, this is {}",
                                                  describe(condition->type)));
  }
  const StaticType type = yes->type == no->type ? yes->type : StaticType::Unknown;
  return make(ConditionalNode{condition, yes, no}, type, span, deepest_of({&condition, &yes, &no}));
}

bool NodeBuilder::has_elements(const NodePtr& object) {
  switch (object->type) {
    case StaticType::Unknown:
    case StaticType::Array:
    case StaticType::Numbers:
    case StaticType::Texts:
    case StaticType::Object:
    case StaticType::Groups:
    case StaticType::Text:
      return true;
    case StaticType::Null:
    case StaticType::Bool:
    case StaticType::Number:
    case StaticType::Time:
    case StaticType::Span:
      break;
  }
  fail_at(object->end, fmt::format("{} has no elements", describe(object->type)));
  return false;
}

NodePtr NodeBuilder::index(const NodePtr& object, const NodePtr& key, bool optional, Span span) {
  if (!object || !key || !has_elements(object)) return nullptr;
  if (is_list(object->type) && is_known_other(key, StaticType::Number)) {
    return fail_at(key->offset,
                   fmt::format("a list's index is a number, not {}", describe(key->type)));
  }
  if (object->type == StaticType::Groups && key->type != StaticType::Text) {
    // groupBy has written its keys in the same way.
    NodePtr written = call("string", key->offset, {key}, {key->offset, key->end});
    return index(object, written, optional, span);
  }
  const int deepest = deepest_of({&object, &key});
  return make(IndexNode{object, key, optional}, element_of(object->type), span, deepest);
}

NodePtr NodeBuilder::slice(const NodePtr& object, const NodePtr& from, const NodePtr& to,
                           Span span) {
  if (!object || !has_elements(object)) return nullptr;
  const int deepest = deepest_of({&object, &from, &to});
  return make(SliceNode{object, from, to}, object->type, span, deepest);
}

NodePtr NodeBuilder::call(std::string_view name, size_t name_offset, std::vector<NodePtr> arguments,
                          Span span) {
  const Function* function = find_function(name);
  if (function == nullptr) {
    return fail_at(name_offset, fmt::format("unknown function \"{}\"{}", name,
                                            suggestion(name, callable_names())));
  }
  if (!counts_fit(*function, arguments.size()))
    return fail_at(name_offset, wrong_count(*function, arguments.size()));
  const int deepest = deepest_of(arguments);
  const StaticType type =
      function->gives_element ? element_of(arguments.front()->type) : function->type;
  return make(CallNode{function, std::move(arguments)}, type, span, deepest);
}

NodePtr NodeBuilder::method(const NodePtr& object, std::string_view name, size_t name_offset,
                            std::vector<NodePtr> arguments, Span span) {
  const Function* method = find_method(name);
  if (method == nullptr || !arguments.empty())
    return fail_at(name_offset, fmt::format("there is no method \"{}\"", name));
  const int depth = object->depth;
  return make(CallNode{method, {object}}, method->type, span, depth);
}

NodePtr NodeBuilder::predicate(const PredicateForm& form, PredicateNode node, Span span) {
  const StaticType list = node.list->type;
  if (!is_list(list) && list != StaticType::Unknown) {
    return fail_at(node.list->offset,
                   fmt::format("{} needs a list, not {}", form.name, describe(list)));
  }
  if (!node.body && !form.body_optional) {
    return fail_at(span.offset,
                   fmt::format("{0} needs a predicate, such as {0}(list, # > 1)", form.name));
  }
  if (node.body && form.body_is_condition && is_known_other(node.body, StaticType::Bool)) {
    return fail_at(node.body->offset,
                   fmt::format("the predicate of {} must give true or false, not {}", form.name,
                               describe(node.body->type)));
  }
  const int deepest = deepest_of({&node.list, &node.body, &node.initial});
  const StaticType type = type_of(form, list, node.body);
  return make(std::move(node), type, span, deepest);
}

NodePtr NodeBuilder::list(std::vector<NodePtr> items, Span span) {
  const int deepest = deepest_of(items);
  const StaticType first = items.empty() ? StaticType::Unknown : items.front()->type;
  const bool uniform =
      std::ranges::all_of(items, [first](const NodePtr& item) { return item->type == first; });
  const StaticType type = uniform ? list_of(first) : StaticType::Array;
  return make(ListNode{std::move(items)}, type, span, deepest);
}

NodePtr NodeBuilder::map(std::vector<std::pair<NodePtr, NodePtr>> entries, Span span) {
  int deepest = 0;
  for (const auto& [key, value] : entries) deepest = std::max({deepest, key->depth, value->depth});
  return make(MapNode{std::move(entries)}, StaticType::Object, span, deepest);
}

NodePtr NodeBuilder::let(LetNode node, Span span) {
  if (!node.value || !node.body) return nullptr;
  const StaticType type = node.body->type;
  const int deepest = deepest_of({&node.value, &node.body});
  return make(std::move(node), type, span, deepest);
}

}  // namespace sluice::analysis
