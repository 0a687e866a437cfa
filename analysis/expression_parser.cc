#include "analysis/expression_parser.h"

#include "analysis/expression_builder.h"
#include "analysis/expression_scope.h"
#include "analysis/expression_token_reader.h"

#include <fmt/core.h>

#include <optional>

namespace sluice::analysis {
namespace {

const BinaryOperator* operator_at(const Token& token) {
  const bool candidate = token.kind == TokenKind::Symbol || token.kind == TokenKind::Name;
  return candidate ? find_binary_operator(token.text) : nullptr;
}

/// Recursive descent with operator precedence. A null node means that the builder holds an error.
class Parser {
 public:
  Parser(std::vector<Token> tokens, StaticType result)
      : tokens_(std::move(tokens)), scope_(result) {}

  std::expected<NodePtr, CompileError> run() {
    NodePtr root = sequence();
    if (root && peek().kind != TokenKind::End) root = unexpected();
    if (!root) return std::unexpected(*build_.error());
    return root;
  }

 private:
  NodePtr unexpected() { return build_.fail_at(peek().offset, tokens_.describe_unexpected()); }

  const Token& peek(size_t ahead = 0) const { return tokens_.peek(ahead); }

  bool take(std::string_view symbol) { return tokens_.take(symbol); }

  bool expect(std::string_view symbol) {
    if (take(symbol)) return true;
    build_.fail_at(peek().offset, tokens_.describe_missing(symbol));
    return false;
  }

  Span from(size_t offset) const { return {offset, tokens_.last_end()}; }

  NodePtr too_deep() {
    return build_.fail_at(peek().offset,
                          fmt::format("nested deeper than {} levels", kExpressionDepthMax));
  }

  // ---- whole expressions ----

  /// first; second gives the second, after the first.
  NodePtr sequence() {
    NodePtr node = expression();
    while (node && take(";")) {
      const size_t slot = scope_.bind("", node->type);
      NodePtr next = expression();
      scope_.unbind();
      node = build_.let({slot, node, next}, from(node->offset));
    }
    return node;
  }

  NodePtr expression() {
    if (++nesting_ > kExpressionDepthMax) return too_deep();
    NodePtr node = peek().is_name("let") ? let() : peek().is_name("if") ? if_else() : conditional();
    --nesting_;
    return node;
  }

  /// let name = value; body
  NodePtr let() {
    const size_t offset = peek().offset;
    tokens_.skip();
    if (peek().kind != TokenKind::Name || is_reserved(peek().text))
      return build_.fail_at(peek().offset, "a name is expected after \"let\"");
    const std::string name = peek().text;
    tokens_.skip();
    if (!expect("=")) return nullptr;
    NodePtr value = expression();
    if (!value || !expect(";")) return nullptr;
    const size_t slot = scope_.bind(name, value->type);
    NodePtr body = expression();
    scope_.unbind();
    return build_.let({slot, value, body}, from(offset));
  }

  /// if condition { yes } else { no }
  NodePtr if_else() {
    const size_t offset = peek().offset;
    tokens_.skip();
    NodePtr condition = expression();
    NodePtr yes = condition ? block() : nullptr;
    if (!yes) return nullptr;
    if (!peek().is_name("else")) return build_.fail_at(peek().offset, "\"else\" is expected here");
    tokens_.skip();
    NodePtr no = peek().is_name("if") ? expression() : block();
    return build_.choice(condition, yes, no, from(offset));
  }

  NodePtr block() {
    if (!expect("{")) return nullptr;
    NodePtr node = sequence();
    return node && expect("}") ? node : nullptr;
  }

  NodePtr conditional() {
    NodePtr node = binary(0);
    while (node && take("?")) {
      // a ?: b is a where it is true, else b.
      NodePtr yes = peek().is_symbol(":") ? node : expression();
      if (!yes || !expect(":")) return nullptr;
      NodePtr no = expression();
      node = build_.choice(node, yes, no, from(node->offset));
    }
    return node;
  }

  // ---- operators ----

  NodePtr binary(int least) {
    NodePtr left = unary();
    while (left) {
      if (least == 0 && peek().is_symbol("|")) {
        left = pipe(left);
        continue;
      }
      const bool negated = peek().is_name("not");
      const BinaryOperator* found = operator_at(peek(negated ? 1 : 0));
      if (found == nullptr || found->precedence < least || (negated && !may_be_negated(found->op)))
        break;
      tokens_.skip(negated ? 2 : 1);
      left = operation(left, *found);
      if (left && negated) left = build_.unary(UnaryOp::Not, left, from(left->offset));
    }
    return left;
  }

  /// The rest of an operation whose operator was just taken.
  NodePtr operation(const NodePtr& left, const BinaryOperator& found) {
    const size_t op_offset = tokens_.last_offset();
    if (++nesting_ > kExpressionDepthMax) return too_deep();
    NodePtr right = binary(found.precedence + (found.right_associative ? 0 : 1));
    --nesting_;
    NodePtr node = build_.binary(left, found.op, right, op_offset);
    // 0 < x < 1 is 0 < x and x < 1.
    while (node && is_ordering(found.op)) {
      const BinaryOperator* chained = operator_at(peek());
      if (chained == nullptr || !is_ordering(chained->op)) break;
      const size_t offset = peek().offset;
      tokens_.skip();
      NodePtr next = binary(chained->precedence + 1);
      NodePtr second = build_.binary(right, chained->op, next, offset);
      node = build_.binary(node, BinaryOp::And, second, offset);
      right = next;
    }
    return node;
  }

  NodePtr unary() {
    const Token& token = peek();
    if (token.is_name("not") || token.is_symbol("!")) return prefixed(UnaryOp::Not, kNotPrecedence);
    if (token.is_symbol("-")) return prefixed(UnaryOp::Minus, kSignPrecedence);
    if (token.is_symbol("+")) return prefixed(UnaryOp::Plus, kSignPrecedence);
    return postfix(primary());
  }

  NodePtr prefixed(UnaryOp op, int precedence) {
    const size_t offset = peek().offset;
    if (++nesting_ > kExpressionDepthMax) return too_deep();
    tokens_.skip();
    NodePtr operand = binary(precedence);
    --nesting_;
    return build_.unary(op, operand, from(offset));
  }

  /// x | f(a) is f(x, a).
  NodePtr pipe(const NodePtr& left) {
    tokens_.skip();
    if (peek().kind != TokenKind::Name || !peek(1).is_symbol("("))
      return build_.fail_at(peek().offset, "a function call is expected after \"|\"");
    return postfix(call(left));
  }

  // ---- operands ----

  NodePtr primary() {
    const Token& token = peek();
    switch (token.kind) {
      case TokenKind::End:
        return unexpected();
      case TokenKind::Integer:
        return literal(token.integer, StaticType::Number);
      case TokenKind::Float:
        return literal(token.number, StaticType::Number);
      case TokenKind::Text:
        return literal(token.text, StaticType::Text);
      case TokenKind::Name:
        return peek(1).is_symbol("(") && !is_reserved(token.text) ? call(nullptr) : name();
      case TokenKind::Symbol:
        return bracketed();
    }
    return nullptr;
  }

  NodePtr literal(Value value, StaticType type) {
    const size_t offset = peek().offset;
    tokens_.skip();
    return build_.leaf(LiteralNode{std::move(value)}, type, from(offset));
  }

  NodePtr name() {
    const Token token = peek();
    if (token.text == "true") return literal(true, StaticType::Bool);
    if (token.text == "false") return literal(false, StaticType::Bool);
    if (token.text == "nil") return literal(Value{}, StaticType::Null);
    if (is_reserved(token.text)) return unexpected();
    tokens_.skip();
    if (token.text == "$env") return environment(token.offset);
    return scope_.name(build_, token.text, from(token.offset));
  }

  /// $env.result is result.
  NodePtr environment(size_t offset) {
    if (!take(".") || !peek().is_name("result"))
      return build_.fail_at(offset, "\"$env\" is written $env.result");
    tokens_.skip();
    return scope_.name(build_, "result", from(offset));
  }

  NodePtr bracketed() {
    const Token& token = peek();
    if (token.text == "[") return list();
    if (token.text == "{") return map();
    if (token.text == "#" || token.text == ".") return pointer();
    if (token.text != "(") return unexpected();
    const size_t offset = token.offset;
    tokens_.skip();
    NodePtr node = sequence();
    return node && expect(")") ? build_.in_brackets(node, from(offset)) : nullptr;
  }

  NodePtr list() {
    const size_t offset = peek().offset;
    tokens_.skip();
    auto items = expressions_until("]");
    return items ? build_.list(std::move(*items), from(offset)) : nullptr;
  }

  /// Expressions with commas between (and perhaps after) them, and the closing symbol.
  std::optional<std::vector<NodePtr>> expressions_until(std::string_view closing) {
    std::vector<NodePtr> items;
    while (!peek().is_symbol(closing)) {
      NodePtr item = expression();
      if (!item) return std::nullopt;
      items.push_back(std::move(item));
      if (!take(",")) break;
    }
    if (!expect(closing)) return std::nullopt;
    return items;
  }

  NodePtr map() {
    const size_t offset = peek().offset;
    tokens_.skip();
    std::vector<std::pair<NodePtr, NodePtr>> entries;
    while (!peek().is_symbol("}")) {
      NodePtr key = map_key();
      if (!key || !expect(":")) return nullptr;
      NodePtr value = expression();
      if (!value) return nullptr;
      entries.emplace_back(std::move(key), std::move(value));
      if (!take(",")) break;
    }
    return expect("}") ? build_.map(std::move(entries), from(offset)) : nullptr;
  }

  NodePtr map_key() {
    const bool plain = peek().kind == TokenKind::Name || peek().kind == TokenKind::Text;
    if (plain) return literal(peek().text, StaticType::Text);
    if (peek().is_symbol("(")) return primary();
    return build_.fail_at(peek().offset, "a key is a name, a string, or an expression in brackets");
  }

  /// #, #index, #acc; inside a predicate .field is #.field.
  NodePtr pointer() {
    const Token token = peek();
    if (token.text == "#") tokens_.skip();
    const Token word = peek();
    if (word.kind != TokenKind::Name || word.offset != token.end)
      return scope_.pointer(build_, "", {token.offset, token.end});
    tokens_.skip();
    return scope_.pointer(build_, word.text, from(token.offset));
  }

  NodePtr postfix(NodePtr node) {
    while (node)
      if (peek().is_symbol(".") || peek().is_symbol("?."))
        node = member(node);
      else if (peek().is_symbol("["))
        node = index_or_slice(node, false);
      else
        break;
    return node;
  }

  NodePtr member(const NodePtr& object) {
    const bool optional = peek().text == "?.";
    tokens_.skip();
    if (optional && peek().is_symbol("[")) return index_or_slice(object, true);
    if (peek().kind != TokenKind::Name)
      return build_.fail_at(peek().offset, "a field's name is expected here");
    if (peek(1).is_symbol("(")) return method(object);
    NodePtr key = literal(peek().text, StaticType::Text);
    return build_.index(object, key, optional, from(object->offset));
  }

  NodePtr method(const NodePtr& object) {
    const Token name = peek();
    tokens_.skip(2);
    auto arguments = expressions_until(")");
    if (!arguments) return nullptr;
    return build_.method(object, name.text, name.offset, std::move(*arguments),
                         from(object->offset));
  }

  NodePtr index_or_slice(const NodePtr& object, bool optional) {
    tokens_.skip();
    NodePtr first = nullptr;
    if (!peek().is_symbol(":")) {
      first = expression();
      if (!first) return nullptr;
    }
    if (!take(":")) {
      if (!expect("]")) return nullptr;
      return build_.index(object, first, optional, from(object->offset));
    }
    NodePtr last = nullptr;
    if (!peek().is_symbol("]")) {
      last = expression();
      if (!last) return nullptr;
    }
    return expect("]") ? build_.slice(object, first, last, from(object->offset)) : nullptr;
  }

  // ---- calls ----

  /// A call whose first argument may have come through a pipe.
  NodePtr call(const NodePtr& piped) {
    const Token token = peek();
    tokens_.skip(2);
    const size_t offset = piped ? piped->offset : token.offset;
    if (const PredicateForm* form = find_predicate(token.text))
      return predicate(*form, piped, offset);
    auto arguments = expressions_until(")");
    if (!arguments) return nullptr;
    if (piped) arguments->insert(arguments->begin(), piped);
    return build_.call(token.text, token.offset, std::move(*arguments), from(offset));
  }

  NodePtr predicate(const PredicateForm& form, const NodePtr& piped, size_t offset) {
    const bool reduces = form.predicate == Predicate::Reduce;
    PredicateNode node{form.predicate, piped ? piped : expression(), nullptr, nullptr};
    if (!node.list) return nullptr;
    if (piped ? !peek().is_symbol(")") : take(",")) {
      scope_.enter(element_of(node.list->type), reduces);
      node.body = peek().is_symbol("{") ? block() : expression();
      scope_.leave();
      if (!node.body) return nullptr;
    }
    if (reduces && take(",") && !peek().is_symbol(")")) {
      node.initial = expression();
      if (!node.initial) return nullptr;
    }
    take(",");
    return expect(")") ? build_.predicate(form, std::move(node), from(offset)) : nullptr;
  }

  TokenReader tokens_;
  int nesting_ = 0;
  Scope scope_;
  NodeBuilder build_;
};

}  // namespace

std::expected<NodePtr, CompileError> parse_expression(std::string_view text, StaticType result) {
  auto tokens = tokenize(text);
  if (!tokens) return std::unexpected(tokens.error());
  return Parser(std::move(*tokens), result).run();
}

}  // namespace sluice::analysis
