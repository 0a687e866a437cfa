#include "analysis/expression_lexer.h"

#include "base/whole_number.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace sluice::analysis {
namespace {

/// Longer symbols first.
constexpr std::array<std::string_view, 33> kSymbols{
    "?.", "??", "..", "**", "==", "!=", "<=", ">=", "&&", "||", "(", ")", "[", "]", "{", "}", ",",
    ".",  ":",  ";",  "?",  "+",  "-",  "*",  "/",  "%",  "^",  "<", ">", "!", "|", "#", "="};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

bool is_name_part(char c) {
  return is_name_start(c) || is_digit(c);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void append_utf8(std::string& text, uint32_t code) {
  const auto put = [&text](uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::expected<std::vector<Token>, CompileError> run() {
    while (skip_blanks() && at_ < text_.size()) next();
    if (error_) return std::unexpected(*error_);
    tokens_.push_back({.kind = TokenKind::End, .offset = text_.size(), .end = text_.size()});
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void fail_at(size_t offset, std::string message) {
    if (!error_) error_ = CompileError{offset, std::move(message)};
    at_ = text_.size();
  }

  void push(TokenKind kind, size_t start, std::string text) {
    tokens_.push_back({.kind = kind, .offset = start, .end = at_, .text = std::move(text)});
  }

  /// False after an error.
  bool skip_blanks() {
    while (at_ < text_.size()) {
      if (is_blank(peek())) {
        ++at_;
      } else if (text_.substr(at_).starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_).starts_with("/*")) {
        const size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
          fail_at(at_, "this comment has no end");
          return false;
        }
        at_ = end + 2;
      } else {
        break;
      }
    }
    return !error_;
  }

  void next() {
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)) && !after_operand())) return number();
    if (is_name_start(c)) return name();
    if (c == '"' || c == '\'') return quoted(c);
    if (c == '`') return raw();
    symbol();
  }

  /// "x.5" reaches into x, ".5" is a number.
  bool after_operand() const {
    if (tokens_.empty()) return false;
    const Token& last = tokens_.back();
    return last.kind != TokenKind::Symbol || last.text == ")" || last.text == "]";
  }

  void name() {
    const size_t start = at_;
    while (is_name_part(peek())) ++at_;
    push(TokenKind::Name, start, std::string(text_.substr(start, at_ - start)));
  }

  void symbol() {
    for (const std::string_view symbol : kSymbols) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      const size_t start = at_;
      at_ += symbol.size();
      return push(TokenKind::Symbol, start, std::string(symbol));
    }
    fail_at(at_, "this character has no meaning here");
  }

  /// Digits with "_" between them, which are dropped.
  std::string digits(bool (*accept)(char)) {
    std::string taken;
    while (accept(peek()) || (peek() == '_' && accept(peek(1)))) {
      if (peek() != '_') taken += peek();
      ++at_;
    }
    return taken;
  }

  void number() {
    const size_t start = at_;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) return based(start, 16);
    if (peek() == '0' && (peek(1) == 'o' || peek(1) == 'O')) return based(start, 8);
    if (peek() == '0' && (peek(1) == 'b' || peek(1) == 'B')) return based(start, 2);
    std::string taken = digits(is_digit);
    bool whole = true;
    // "1..3" is a range of two integers.
    if (peek() == '.' && peek(1) != '.' && !is_name_start(peek(1))) {
      whole = false;
      ++at_;
      taken += "." + digits(is_digit);
    }
    if (peek() == 'e' || peek() == 'E') {
      whole = false;
      ++at_;
      taken += 'e';
      if (peek() == '-' || peek() == '+') taken += text_[at_++];
      taken += digits(is_digit);
    }
    finish_number(start, taken, whole, 10);
  }

  void based(size_t start, int base) {
    at_ += 2;
    finish_number(start, digits(is_hex_digit), true, base);
  }

  void finish_number(size_t start, std::string taken, bool whole, int base) {
    if (taken.starts_with('.')) taken = "0" + taken;
    if (taken.ends_with('.')) taken += "0";
    Token token{.kind = whole ? TokenKind::Integer : TokenKind::Float,
                .offset = start,
                .end = at_,
                .text = std::string(text_.substr(start, at_ - start))};
    const char* const first = taken.data();
    const char* const last = first + taken.size();
    const auto [end, error] = whole ? std::from_chars(first, last, token.integer, base)
                                    : std::from_chars(first, last, token.number);
    if (error != std::errc{} || end != last || is_name_part(peek()))
      return fail_at(start, "this is not a number that can be held");
    tokens_.push_back(std::move(token));
  }

  void raw() {
    const size_t start = at_;
    const size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) return fail_at(start, "this string has no end");
    at_ = end + 1;
    push(TokenKind::Text, start, std::string(text_.substr(start + 1, end - start - 1)));
  }

  void quoted(char quote) {
    const size_t start = at_++;
    std::string content;
    while (peek() != quote) {
      if (at_ >= text_.size()) return fail_at(start, "this string has no end");
      if (peek() != '\\')
        content += text_[at_++];
      else if (!escape(content))
        return fail_at(at_, "this escape is not known");
    }
    ++at_;
    push(TokenKind::Text, start, std::move(content));
  }

  bool escape(std::string& content) {
    constexpr std::string_view kLetters = "abfnrtv\\'\"`";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"`";
    const char letter = peek(1);
    if (const size_t index = kLetters.find(letter); letter != '\0' && index != kLetters.npos) {
      content += kMeanings[index];
      at_ += 2;
      return true;
    }
    const size_t width = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    const std::string_view hex = text_.substr(std::min(at_ + 2, text_.size()), width);
    const auto code = whole_number<uint32_t>(hex, 16);
    if (width == 0 || hex.size() != width || !code || *code > 0x10FFFF) return false;
    append_utf8(content, *code);
    at_ += 2 + width;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
  std::optional<CompileError> error_;
};

}  // namespace

std::expected<std::vector<Token>, CompileError> tokenize(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace sluice::analysis
