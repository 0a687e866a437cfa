#pragma once

// The third stage of the condition language: a tree and a result to a value. One Evaluator is one
// evaluation; it counts its steps.

#include "analysis/expression_ast.h"
#include "analysis/expression_functions.h"
#include "base/pattern.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::analysis {

class Evaluator {
 public:
  /// `text` is what the tree was read from, for messages. Both must outlive the evaluator.
  Evaluator(std::string_view text, const Value& result, SystemTime now);

  Result<Value> evaluate(const ExpressionNode& node);

  /// Taken so far.
  int64_t steps() const { return steps_; }

 private:
  /// What `#`, `#index` and `#acc` stand for inside a predicate.
  struct Frame {
    Value item;
    int64_t index = 0;
    Value accumulator;
  };

  Result<Value> visit(const ExpressionNode& node, const LiteralNode& form);
  Result<Value> visit(const ExpressionNode& node, const ResultNode& form);
  Result<Value> visit(const ExpressionNode& node, const VariableNode& form);
  Result<Value> visit(const ExpressionNode& node, const PointerNode& form);
  Result<Value> visit(const ExpressionNode& node, const UnaryNode& form);
  Result<Value> visit(const ExpressionNode& node, const BinaryNode& form);
  Result<Value> visit(const ExpressionNode& node, const ConditionalNode& form);
  Result<Value> visit(const ExpressionNode& node, const IndexNode& form);
  Result<Value> visit(const ExpressionNode& node, const SliceNode& form);
  Result<Value> visit(const ExpressionNode& node, const CallNode& form);
  Result<Value> visit(const ExpressionNode& node, const PredicateNode& form);
  Result<Value> visit(const ExpressionNode& node, const ListNode& form);
  Result<Value> visit(const ExpressionNode& node, const MapNode& form);
  Result<Value> visit(const ExpressionNode& node, const LetNode& form);

  Result<Value> either(const BinaryNode& form);
  Result<Value> coalesce(const BinaryNode& form);
  /// `text` is the value of `node`.
  Result<Value> match(const ExpressionNode& node, const Value& text, const Pattern& pattern);
  /// The same for a pattern that is known only now.
  Result<Value> match(const BinaryNode& form, const Value& text, const std::string& pattern);
  Result<Value> strict(const ExpressionNode& node, const BinaryNode& form);
  Result<Value> element(const ExpressionNode& node, const List& items, const Value& key);

  // analysis/expression_predicates.cc
  Result<Value> quantify(const PredicateNode& form, const List& items);
  Result<Value> count_or_filter(const PredicateNode& form, const List& items);
  Result<Value> search(const PredicateNode& form, const List& items);
  Result<Value> map_each(const PredicateNode& form, const List& items);
  Result<Value> sum(const PredicateNode& form, const List& items);
  Result<Value> group_by(const PredicateNode& form, const List& items);
  Result<Value> sort_by(const PredicateNode& form, const List& items);
  Result<Value> reduce(const PredicateNode& form, const List& items);
  /// The body's value for one element; the element itself where there is no body.
  Result<Value> body_of(const PredicateNode& form, const List& items, size_t index);

  /// A value that must be true, false or no data, from `node`.
  Result<Value> condition(const ExpressionNode& node);
  std::string_view text_of(const ExpressionNode& node) const;
  /// The error with its place; "no data" where an operand is nil because the answer is empty.
  Result<Value> explain(const ExpressionNode& node, const Error& error,
                        bool reaches_into_nil) const;
  Result<Value> no_data(const ExpressionNode& node, std::string_view why) const;
  /// Adds to the steps; false once there are too many.
  bool charge(size_t steps);
  /// The steps of working through so many elements or bytes, and of bringing them into an order.
  bool charge_size(size_t size);
  bool charge_order(size_t size);
  Error too_long() const;

  std::string_view text_;
  const Value& result_;
  SystemTime now_;
  bool result_is_empty_;
  int64_t steps_ = 0;
  std::vector<Value> variables_;
  std::vector<Frame> frames_;
};

}  // namespace sluice::analysis
