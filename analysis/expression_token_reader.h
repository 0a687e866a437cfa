#pragma once

// Walks along the tokens of an expression, for the parser.

#include "analysis/expression_lexer.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::analysis {

/// Words that are operators or begin a form; they name nothing.
bool is_reserved(std::string_view name);

class TokenReader {
 public:
  /// `tokens` end with an End token.
  explicit TokenReader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  /// The token `ahead` of the next; the End token from the end on.
  const Token& peek(size_t ahead = 0) const;

  void skip(size_t count = 1) { at_ += count; }

  /// Skips the symbol if it is next.
  bool take(std::string_view symbol);

  /// The end of the token that was skipped last, and its beginning.
  size_t last_end() const;
  size_t last_offset() const;

  /// What to say when the next token fits nothing, or is not the wanted symbol.
  std::string describe_unexpected() const;
  std::string describe_missing(std::string_view symbol) const;

 private:
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace sluice::analysis
