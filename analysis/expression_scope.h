#pragma once

// What names mean at one place of a condition: `result`, what `let` has bound around it, and `#`
// within a predicate.

#include "analysis/expression_builder.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::analysis {

class Scope {
 public:
  explicit Scope(StaticType result) : result_(result) {}

  /// Binds a name up to unbind() and gives its slot; "" is a value that no name reaches.
  size_t bind(std::string name, StaticType type);

  void unbind() { variables_.pop_back(); }

  /// Enters the predicate of a list with such elements.
  void enter(StaticType element, bool reduces);
  void leave();

  /// The node for a name; the builder's error where it means nothing here.
  NodePtr name(NodeBuilder& build, std::string_view name, Span span) const;
  /// The node for #, #index or #acc: `part` is "", "index" or "acc".
  NodePtr pointer(NodeBuilder& build, std::string_view part, Span span) const;

 private:
  struct Around {
    StaticType element;
    bool reduces;
  };

  StaticType result_;
  std::vector<std::pair<std::string, StaticType>> variables_;
  std::vector<Around> predicates_;
};

}  // namespace sluice::analysis
