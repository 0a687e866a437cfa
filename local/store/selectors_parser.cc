// The grammar of label selectors as it comes in query strings, with the words of the real server.

#include "base/whole_number.h"
#include "core/names.h"
#include "local/store/registry_causes.h"
#include "local/store/selectors.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::local {
namespace {

enum class TokenKind { End, Identifier, Sign };

struct Token {
  TokenKind kind = TokenKind::End;
  std::string text;
};

/// Cuts the text into identifiers and signs.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ == text_.size()) return {};
    const size_t start = at_;
    if (is_sign(text_[at_])) {
      for (const std::string_view sign : {"==", "!="}) {
        if (text_.substr(at_, 2) == sign) {
          at_ += 2;
          return {TokenKind::Sign, std::string(sign)};
        }
      }
      return {TokenKind::Sign, std::string(text_.substr(at_++, 1))};
    }
    while (at_ < text_.size() && !is_space(text_[at_]) && !is_sign(text_[at_])) ++at_;
    return {TokenKind::Identifier, std::string(text_.substr(start, at_ - start))};
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  static bool is_sign(char c) { return std::string_view("=!(),<>").contains(c); }

  std::string_view text_;
  size_t at_ = 0;
};

/// What Kubernetes refuses of a requirement that is well-formed.
ApiCauses validate_requirement(const LabelRequirement& requirement) {
  ApiCauses causes;
  const auto check = [&causes](const std::string& field, const std::string& text,
                               const core::NameComplaints& complaints) {
    if (!complaints.empty()) {
      causes.push_back(
          invalid_value(field, go_quote(text), fmt::format("{}", fmt::join(complaints, "; "))));
    }
  };
  check("key", requirement.key, core::check_qualified_name(requirement.key));
  const bool compares =
      requirement.op == SelectorOperator::Greater || requirement.op == SelectorOperator::Less;
  for (size_t at = 0; at < requirement.values.size(); ++at) {
    const std::string& value = requirement.values[at];
    const std::string place = fmt::format("values[{}]", at);
    if (compares && !whole_number(value))
      check(place, value, {"for 'Gt', 'Lt' operators, the value must be an integer"});
    check(fmt::format("{}[{}]", place, requirement.key), value, core::check_label_value(value));
  }
  return causes;
}

/// requirement { "," requirement }
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text), token_(lexer_.next()) {}

  ApiResult<LabelSelector> parse() {
    LabelSelector out;
    if (token_.kind == TokenKind::End) return out;
    while (true) {
      auto requirement = parse_requirement();
      if (!requirement) return fail(requirement.error());
      if (const ApiCauses causes = validate_requirement(*requirement); !causes.empty())
        return fail(bad_request("unable to parse requirement: " + join_causes(causes)));
      out.push_back(std::move(*requirement));
      if (token_.kind == TokenKind::End) break;
      if (token_.text != ",") return fail(refuse("found '{}', expected: ',' or 'end of string'"));
      advance();
      if (token_.kind == TokenKind::End)
        return fail(refuse("found '{}', expected: identifier after ','"));
    }
    std::ranges::stable_sort(out, {}, &LabelRequirement::key);
    return out;
  }

 private:
  void advance() { token_ = lexer_.next(); }

  bool at_word(std::string_view word) const {
    return token_.kind == TokenKind::Identifier && token_.text == word;
  }

  ApiError refuse(std::string_view pattern) const {
    return bad_request("unable to parse requirement: " +
                       fmt::format(fmt::runtime(pattern), token_.text));
  }

  ApiResult<LabelRequirement> parse_requirement() {
    LabelRequirement requirement;
    const bool negated = token_.text == "!";
    if (negated) advance();
    if (token_.kind != TokenKind::Identifier)
      return fail(refuse("found '{}', expected: identifier"));
    requirement.key = token_.text;
    advance();
    if (negated || token_.kind == TokenKind::End || token_.text == ",") {
      requirement.op = negated ? SelectorOperator::Absent : SelectorOperator::Exists;
      return requirement;
    }
    const std::string op = token_.text;
    if (at_word("in") || at_word("notin")) {
      requirement.op = op == "in" ? SelectorOperator::In : SelectorOperator::NotIn;
      advance();
      return parse_set(std::move(requirement));
    }
    if (op == "=" || op == "==")
      requirement.op = SelectorOperator::In;
    else if (op == "!=")
      requirement.op = SelectorOperator::NotIn;
    else if (op == ">" || op == "<")
      requirement.op = op == ">" ? SelectorOperator::Greater : SelectorOperator::Less;
    else
      return fail(refuse("found '{}', expected: in, notin, =, ==, !=, gt, lt"));
    advance();
    return parse_exact_value(std::move(requirement));
  }

  /// The one value after `=`; missing means empty.
  ApiResult<LabelRequirement> parse_exact_value(LabelRequirement requirement) {
    if (token_.kind == TokenKind::End || token_.text == ",") {
      requirement.values.emplace_back();
      return requirement;
    }
    if (token_.kind != TokenKind::Identifier)
      return fail(refuse("found '{}', expected: identifier"));
    requirement.values.push_back(token_.text);
    advance();
    return requirement;
  }

  /// "(" value { "," value } ")"
  ApiResult<LabelRequirement> parse_set(LabelRequirement requirement) {
    if (token_.text != "(") return fail(refuse("found '{}' expected: '('"));
    do {
      advance();
      if (token_.kind == TokenKind::Identifier) {
        requirement.values.push_back(token_.text);
        advance();
      } else {
        requirement.values.emplace_back();
      }
    } while (token_.text == ",");
    if (token_.text != ")") return fail(refuse("found '{}', expected: ',' or ')'"));
    advance();
    std::ranges::sort(requirement.values);
    return requirement;
  }

  Lexer lexer_;
  Token token_;
};

}  // namespace

ApiResult<LabelSelector> parse_label_selector(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace sluice::local
