#include "crds/schema_pattern.h"

#include <fmt/core.h>

#include <regex>
#include <utility>

namespace sluice::crds {

struct SchemaPattern::Compiled {
  std::string expression;
  std::regex regex;
};

namespace {

/// Rewrites Go's \A and \z, which ECMAScript lacks; there are no multi-line texts to tell apart.
std::string to_ecmascript(std::string_view expression) {
  std::string text;
  for (size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] != '\\' || i + 1 == expression.size()) {
      text += expression[i];
      continue;
    }
    ++i;
    if (expression[i] == 'A') {
      text += '^';
    } else if (expression[i] == 'z') {
      text += '$';
    } else {
      text += '\\';
      text += expression[i];
    }
  }
  return text;
}

}  // namespace

Result<SchemaPattern> SchemaPattern::compile(std::string_view expression) {
  // The polynomial executor neither backtracks exponentially nor recurses along the text.
  auto flags = std::regex::ECMAScript | std::regex_constants::__polynomial;
  std::string_view body = expression;
  if (body.starts_with("(?i)")) {
    flags |= std::regex::icase;
    body.remove_prefix(4);
  }
  try {
    return SchemaPattern(std::make_shared<const Compiled>(
        Compiled{std::string(expression), std::regex(to_ecmascript(body), flags)}));
  } catch (const std::regex_error& error) {
    return fail(invalid(fmt::format("pattern '{}': {}", expression, error.what())));
  }
}

bool SchemaPattern::matches(std::string_view text) const {
  if (text.size() > kPatternTextMax) return false;
  return std::regex_search(text.begin(), text.end(), compiled_->regex);
}

const std::string& SchemaPattern::expression() const {
  return compiled_->expression;
}

}  // namespace sluice::crds
