#include "analysis/expression_scope.h"

#include <fmt/core.h>

#include <algorithm>

namespace sluice::analysis {

size_t Scope::bind(std::string name, StaticType type) {
  variables_.emplace_back(std::move(name), type);
  return variables_.size() - 1;
}

void Scope::enter(StaticType element, bool reduces) {
  predicates_.push_back({element, reduces});
}

void Scope::leave() {
  predicates_.pop_back();
}

NodePtr Scope::name(NodeBuilder& build, std::string_view name, Span span) const {
  std::vector<std::string_view> known{"result", "true", "false", "nil"};
  for (size_t slot = variables_.size(); slot-- > 0;) {
    const auto& [variable, type] = variables_[slot];
    if (variable == name) return build.leaf(VariableNode{slot}, type, span);
    if (!variable.empty()) known.push_back(variable);
  }
  if (name != "result") return build.fail_unknown_name(span.offset, name, known);
  return build.leaf(ResultNode{}, result_, span);
}

NodePtr Scope::pointer(NodeBuilder& build, std::string_view part, Span span) const {
  using Part = PointerNode::Part;
  if (predicates_.empty()) {
    return build.fail_at(
        span.offset, "\"#\" means something only inside a predicate, such as all(result, # > 1)");
  }
  const bool reduces = std::ranges::any_of(predicates_, &Around::reduces);
  if (part.empty()) return build.leaf(PointerNode{}, predicates_.back().element, span);
  if (part == "index") return build.leaf(PointerNode{Part::Index}, StaticType::Number, span);
  if (part == "acc" && reduces)
    return build.leaf(PointerNode{Part::Accumulator}, StaticType::Unknown, span);
  return build.fail_at(span.offset, fmt::format("\"#{}\" means nothing here", part));
}

}  // namespace sluice::analysis
