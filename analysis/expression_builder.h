#pragma once

// Makes the nodes of a condition's tree: what the grammar allows is checked here for sense (types,
// numbers of arguments, depth). The first error is kept; from then on every node is null.

#include "analysis/expression.h"
#include "analysis/expression_ast.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::analysis {

/// Bytes of the text that a node was read from.
struct Span {
  size_t offset = 0;
  size_t end = 0;
};

class NodeBuilder {
 public:
  /// Keeps the error unless there is one already. Returns null, for `return fail_at(…)`.
  NodePtr fail_at(size_t offset, std::string message);
  NodePtr fail_unknown_name(size_t offset, std::string_view name,
                            const std::vector<std::string_view>& known);

  const std::optional<CompileError>& error() const { return error_; }

  /// The same node, its text with the brackets around it.
  NodePtr in_brackets(const NodePtr& node, Span span);

  /// A node without children.
  NodePtr leaf(ExpressionNode::Form form, StaticType type, Span span);
  NodePtr unary(UnaryOp op, const NodePtr& operand, Span span);
  /// `op_offset` is where the operator stands: errors point there.
  NodePtr binary(const NodePtr& left, BinaryOp op, const NodePtr& right, size_t op_offset);
  NodePtr choice(const NodePtr& condition, const NodePtr& yes, const NodePtr& no, Span span);
  NodePtr index(const NodePtr& object, const NodePtr& key, bool optional, Span span);
  NodePtr slice(const NodePtr& object, const NodePtr& from, const NodePtr& to, Span span);
  NodePtr call(std::string_view name, size_t name_offset, std::vector<NodePtr> arguments,
               Span span);
  /// object.name(): the methods of times and durations.
  NodePtr method(const NodePtr& object, std::string_view name, size_t name_offset,
                 std::vector<NodePtr> arguments, Span span);
  NodePtr predicate(const PredicateForm& form, PredicateNode node, Span span);
  NodePtr list(std::vector<NodePtr> items, Span span);
  NodePtr map(std::vector<std::pair<NodePtr, NodePtr>> entries, Span span);
  NodePtr let(LetNode node, Span span);

 private:
  NodePtr make(ExpressionNode::Form form, StaticType type, Span span, int deepest);
  bool has_elements(const NodePtr& object);

  std::optional<CompileError> error_;
};

}  // namespace sluice::analysis
