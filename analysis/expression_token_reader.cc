#include "analysis/expression_token_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace sluice::analysis {

bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 11> kReserved{"or",       "and",        "not",      "in",
                                                       "contains", "startsWith", "endsWith", "let",
                                                       "matches",  "if",         "else"};
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

const Token& TokenReader::peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool TokenReader::take(std::string_view symbol) {
  if (!peek().is_symbol(symbol)) return false;
  skip();
  return true;
}

size_t TokenReader::last_end() const {
  return at_ == 0 ? 0 : tokens_[at_ - 1].end;
}

size_t TokenReader::last_offset() const {
  return at_ == 0 ? 0 : tokens_[at_ - 1].offset;
}

std::string TokenReader::describe_unexpected() const {
  if (peek().kind != TokenKind::End) return fmt::format("\"{}\" is not expected here", peek().text);
  return tokens_.size() == 1 ? "the expression is empty" : "the expression ends too early";
}

std::string TokenReader::describe_missing(std::string_view symbol) const {
  if (peek().kind == TokenKind::End) return fmt::format("\"{}\" is missing at the end", symbol);
  return fmt::format("\"{}\" is expected here, not \"{}\"", symbol, peek().text);
}

}  // namespace sluice::analysis
