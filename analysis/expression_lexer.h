#pragma once

// The first stage of the condition language: text to tokens.

#include "analysis/expression.h"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::analysis {

enum class TokenKind {
  End,
  Integer,
  Float,
  Text,    ///< A quoted string, escapes resolved.
  Name,    ///< A name or a word that is an operator ("and", "in").
  Symbol,  ///< Operators and brackets.
};

struct Token {
  TokenKind kind = TokenKind::End;
  size_t offset = 0;  ///< Of its first byte.
  size_t end = 0;     ///< One past its last byte.
  std::string text;   ///< As written; of a string its content.
  int64_t integer = 0;
  double number = 0;

  bool is_symbol(std::string_view symbol) const {
    return kind == TokenKind::Symbol && text == symbol;
  }

  bool is_name(std::string_view name) const { return kind == TokenKind::Name && text == name; }
};

/// All tokens and an End after them. Comments (//, /* */) are skipped.
std::expected<std::vector<Token>, CompileError> tokenize(std::string_view text);

}  // namespace sluice::analysis
