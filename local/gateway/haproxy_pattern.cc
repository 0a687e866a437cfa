#include "local/gateway/haproxy_pattern.h"

#include <fmt/format.h>

#include <cctype>

namespace sluice::local {
namespace {

/// Any run of characters within one part of the request's text.
constexpr std::string_view kAnyPart = "[^\\x20\\n]*";

bool is_plain(unsigned char c) {
  return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '/' || c >= 0x80;
}

/// What stands for ^ and $: the text that expressions are matched against goes on before and after.
struct Ends {
  std::string begin;
  std::string end;
};

/// Reads a regular expression once: writes it without white space, with its own ends, and counts
/// its brackets.
class ExpressionReader {
 public:
  explicit ExpressionReader(const Ends& ends) : ends_(ends) {}

  void take(char c) {
    if (escaped_)
      take_escaped(c);
    else if (c == '\\')
      escaped_ = true;
    else
      take_plain(c);
  }

  /// Every bracket is closed by its own: what follows the expression stays outside of it.
  bool closed() const { return !broken_ && !escaped_ && !in_class_ && depth_ == 0; }

  const std::string& text() const { return text_; }

 private:
  void put(char c) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0)
      text_ += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      text_ += c;
  }

  void take_escaped(char c) {
    escaped_ = false;
    class_start_ = false;
    // \Q...\E would make literal text of what is put around the expression.
    if (c == 'Q') broken_ = true;
    // An escaped space becomes \x20, which needs no further backslash.
    if (std::isspace(static_cast<unsigned char>(c)) == 0) text_ += '\\';
    put(c);
  }

  void take_plain(char c) {
    if (in_class_) {
      // The first ] of a class, as in []a] and [^]a], is a member.
      if (c == ']' && !class_start_) in_class_ = false;
      if (c != '^') class_start_ = false;
    } else if (c == '^' || c == '$') {
      text_ += c == '^' ? ends_.begin : ends_.end;
      return;
    } else if (c == '[') {
      in_class_ = true;
      class_start_ = true;
    } else if (c == '(') {
      ++depth_;
    } else if (c == ')' && --depth_ < 0) {
      broken_ = true;
    }
    put(c);
  }

  const Ends& ends_;
  std::string text_;
  int depth_ = 0;
  bool in_class_ = false;
  bool class_start_ = false;
  bool escaped_ = false;
  bool broken_ = false;
};

Result<std::string> enclosed(const std::string& expression, const Ends& ends) {
  ExpressionReader reader(ends);
  for (const char c : expression) reader.take(c);
  if (!reader.closed()) {
    return fail(
        invalid(fmt::format("\"{}\" is not a regular expression: a bracket or an escape "
                            "does not close",
                            expression)));
  }
  return "(?:" + reader.text() + ")";
}

std::string host_part(const GatewayHost& host) {
  if (host.name.empty()) return std::string(kAnyPart);
  if (!host.name.starts_with("*.")) return literal_pattern(host.name);
  return (host.one_label ? "[^\\x20\\n.]+" : "[^\\x20\\n]+") +
         literal_pattern(std::string_view(host.name).substr(1));
}

/// A prefix counts whole path elements: /shop covers /shop and /shop/cart, not /shopping.
std::string prefix_part(std::string prefix) {
  while (prefix.ends_with('/')) prefix.pop_back();
  if (prefix.empty()) return "/" + std::string(kAnyPart);
  return fmt::format("{}(?:/{})?", literal_pattern(prefix), kAnyPart);
}

Result<std::string> path_part(const GatewayMatch& match) {
  switch (match.path_type) {
    case PathMatchType::Exact:
      return literal_pattern(match.path);
    case PathMatchType::PathPrefix:
      return prefix_part(match.path);
    case PathMatchType::RegularExpression:
      return enclosed(match.path, {.begin = "(?<=\\x20)", .end = "(?=\\n)"});
  }
  return fail(internal("unknown path match"));
}

Result<std::string> header_part(const HeaderMatch& header) {
  const std::string name = literal_pattern(header.name);
  const Ends ends{.begin = fmt::format("(?<=\\n{}:\\x20)", name), .end = "(?=\\r\\n)"};
  Result<std::string> value = header.regular_expression
                                  ? enclosed(header.value, ends)
                                  : Result<std::string>(literal_pattern(header.value));
  if (!value) return value;
  // Looking ahead leaves the position after the path, so that the order of headers is no matter.
  return fmt::format("(?=[\\s\\S]*\\n{}:\\x20{}\\r\\n)", name, *value);
}

}  // namespace

std::string literal_pattern(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(byte))
      result += c;
    else
      result += fmt::format("\\x{:02x}", byte);
  }
  return result;
}

Result<std::string> haproxy_pattern(const GatewayHost& host, const GatewayMatch& match) {
  Result<std::string> path = path_part(match);
  if (!path) return fail(path.error().within("path"));
  std::string pattern =
      fmt::format("^{}\\x20{}\\x20{}(?=\\n)",
                  match.method.empty() ? std::string(kAnyPart) : literal_pattern(match.method),
                  host_part(host), *path);
  for (const HeaderMatch& header : match.headers) {
    Result<std::string> part = header_part(header);
    if (!part) return fail(part.error().within("header " + header.name));
    pattern += *part;
  }
  if (pattern.size() > kPatternBytesMax)
    return fail(invalid(fmt::format("a match is longer than {} bytes", kPatternBytesMax)));
  return pattern;
}

}  // namespace sluice::local
