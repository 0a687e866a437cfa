#pragma once

// The tree of a compiled condition. Nodes are made by the parser and never changed.

#include "analysis/expression_functions.h"
#include "analysis/expression_types.h"
#include "analysis/value.h"
#include "base/pattern.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::analysis {

struct ExpressionNode;
using NodePtr = std::shared_ptr<const ExpressionNode>;

struct LiteralNode {
  Value value;
};

/// `result`.
struct ResultNode {};

/// A name bound by `let`.
struct VariableNode {
  size_t slot = 0;
};

/// `#`, `#index` and `#acc` inside a predicate.
struct PointerNode {
  enum class Part { Item, Index, Accumulator };
  Part part = Part::Item;
};

struct UnaryNode {
  UnaryOp op;
  NodePtr operand;
};

struct BinaryNode {
  BinaryOp op;
  NodePtr left;
  NodePtr right;
  /// The compiled right side of `matches` where it is a literal.
  std::optional<Pattern> pattern;
};

struct ConditionalNode {
  NodePtr condition;
  NodePtr yes;
  NodePtr no;
};

/// object[key], object.key, and with `optional` object?.key.
struct IndexNode {
  NodePtr object;
  NodePtr key;
  bool optional = false;
};

struct SliceNode {
  NodePtr object;
  NodePtr from;  ///< Null: from the start.
  NodePtr to;    ///< Null: to the end.
};

struct CallNode {
  const Function* function;
  std::vector<NodePtr> arguments;
};

/// all(list, body) and its kin; `body` is null for count(list) and sum(list).
struct PredicateNode {
  Predicate predicate;
  NodePtr list;
  NodePtr body;
  NodePtr initial;  ///< Only for reduce.
};

struct ListNode {
  std::vector<NodePtr> items;
};

struct MapNode {
  std::vector<std::pair<NodePtr, NodePtr>> entries;
};

/// let name = value; body
struct LetNode {
  size_t slot = 0;
  NodePtr value;
  NodePtr body;
};

struct ExpressionNode {
  using Form = std::variant<LiteralNode, ResultNode, VariableNode, PointerNode, UnaryNode,
                            BinaryNode, ConditionalNode, IndexNode, SliceNode, CallNode,
                            PredicateNode, ListNode, MapNode, LetNode>;
  Form form;
  size_t offset = 0;  ///< Of its first byte in the text.
  size_t end = 0;     ///< One past its last byte.
  int depth = 1;      ///< 1 + that of its deepest child.
  StaticType type = StaticType::Unknown;
};

}  // namespace sluice::analysis
