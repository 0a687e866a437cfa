#include "analysis/json_path.h"
#include "analysis/json_path_tree.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sluice::analysis {
namespace {

template <typename T>
using Parsed = std::expected<T, CompileError>;

/// Filters within filters.
constexpr int kFilterDepthMax = 8;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool ends_name(char c) {
  constexpr std::string_view kEnds = ".[]{}()=!<>,'\"";
  return is_blank(c) || kEnds.contains(c);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Parsed<JsonPathTree> parse() {
    if (text_.size() > kJsonPathBytesMax)
      return wrong(fmt::format("the path is longer than {} bytes", kJsonPathBytesMax));
    skip_blanks();
    const bool braced = take('{');
    skip_blanks();
    auto path = read_path(0);
    if (!path) return path;
    skip_blanks();
    if (braced && !take('}')) return wrong("expected . or [ or }");
    skip_blanks();
    if (at_ < text_.size()) {
      return wrong(braced ? "nothing may follow the path: one {…} gives the result"
                          : "expected . or [");
    }
    if (!named_ && !braced) return wrong("a path is expected, such as {$.data.value}");
    return path;
  }

 private:
  std::unexpected<CompileError> wrong(std::string message) const {
    return std::unexpected(CompileError{at_, std::move(message)});
  }

  bool sees(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool take(char c) {
    if (!sees(c)) return false;
    ++at_;
    return true;
  }

  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  Parsed<JsonPathTree> read_path(int depth) {
    JsonPathTree path;
    path.from_current = take('@');
    named_ = path.from_current || take('$');
    while (sees('.') || sees('[') || (!named_ && at_ < text_.size() && !ends_name(text_[at_]))) {
      if (path.steps.size() == kJsonPathStepsMax)
        return wrong(fmt::format("the path has more than {} steps", kJsonPathStepsMax));
      // "." alone is the document.
      if (sees('.') && (at_ + 1 == text_.size() || text_[at_ + 1] == '}') && path.steps.empty()) {
        ++at_;
        break;
      }
      auto step = read_step(depth);
      if (!step) return std::unexpected(step.error());
      path.steps.push_back(*std::move(step));
      named_ = true;
    }
    return path;
  }

  Parsed<PathStep> read_step(int depth) {
    PathStep step;
    step.at_any_depth = take("..");
    if (!step.at_any_depth && take('.') && sees('[')) return wrong("expected a name after .");
    if (take('[')) {
      if (auto read = read_brackets(depth, step); !read) return std::unexpected(read.error());
      return step;
    }
    if (take('*')) {
      step.selector = PathWildcard{};
      return step;
    }
    const std::string name = read_bare_name();
    if (name.empty()) return wrong("expected a name or *");
    step.selector = PathNames{{name}};
    return step;
  }

  /// Up to what ends a name; a backslash takes the next character as it is.
  std::string read_bare_name() {
    std::string name;
    while (at_ < text_.size() && !ends_name(text_[at_])) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      name += text_[at_++];
    }
    return name;
  }

  Parsed<void> close_bracket() {
    skip_blanks();
    if (!take(']')) return wrong("expected ]");
    return {};
  }

  Parsed<void> read_brackets(int depth, PathStep& step) {
    skip_blanks();
    if (take('*')) {
      step.selector = PathWildcard{};
      return close_bracket();
    }
    if (take("?(")) {
      auto filter = read_filter(depth + 1);
      if (!filter) return std::unexpected(filter.error());
      step.selector = std::make_shared<const PathFilter>(*std::move(filter));
      return close_bracket();
    }
    if (sees('\'') || sees('"')) return read_names(step);
    return read_ranges(step);
  }

  Parsed<void> read_names(PathStep& step) {
    PathNames names;
    do {
      skip_blanks();
      auto name = read_quoted();
      if (!name) return std::unexpected(name.error());
      names.names.push_back(*std::move(name));
      skip_blanks();
    } while (take(','));
    step.selector = std::move(names);
    return close_bracket();
  }

  Parsed<std::string> read_quoted() {
    if (!sees('\'') && !sees('"')) return wrong("expected a name in quotes");
    const size_t start = at_;
    const char quote = text_[at_++];
    std::string name;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      name += text_[at_++];
    }
    if (take(quote)) return name;
    at_ = start;
    return wrong("the quote does not end");
  }

  Parsed<void> read_ranges(PathStep& step) {
    PathRanges ranges;
    do {
      auto range = read_range();
      if (!range) return std::unexpected(range.error());
      ranges.ranges.push_back(*range);
    } while (take(','));
    step.selector = std::move(ranges);
    return close_bracket();
  }

  Parsed<PathRange> read_range() {
    PathRange range;
    const auto first = read_integer();
    if (!first) return std::unexpected(first.error());
    range.first = *first;
    range.is_single = !take(':');
    if (range.is_single) {
      if (!range.first) return wrong("expected a number, a name in quotes, * or ?(…)");
      return range;
    }
    const auto last = read_integer();
    if (!last) return std::unexpected(last.error());
    range.last = *last;
    if (!take(':')) return range;
    const auto step = read_integer();
    if (!step) return std::unexpected(step.error());
    range.step = step->value_or(1);
    if (range.step < 1) return wrong("the step of a slice must be at least 1");
    return range;
  }

  /// Nothing where no number stands.
  Parsed<std::optional<int64_t>> read_integer() {
    skip_blanks();
    const size_t start = at_;
    take('-');
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    if (at_ == start) return std::nullopt;
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text_.data() + start, text_.data() + at_, number);
    if (error != std::errc{} || end != text_.data() + at_) {
      at_ = start;
      return wrong("expected a whole number");
    }
    skip_blanks();
    return number;
  }

  Parsed<PathFilter> read_filter(int depth) {
    if (depth > kFilterDepthMax) return wrong("the filters are nested too deeply");
    PathFilter filter;
    auto left = read_operand(depth);
    if (!left) return std::unexpected(left.error());
    filter.left = *std::move(left);
    filter.op = read_operator();
    if (filter.op) {
      auto right = read_operand(depth);
      if (!right) return std::unexpected(right.error());
      filter.right = *std::move(right);
    }
    skip_blanks();
    if (take(')')) return filter;
    return wrong(filter.op ? "expected ), a filter holds one comparison"
                           : "expected == != < <= > >= or )");
  }

  std::optional<BinaryOp> read_operator() {
    constexpr std::array<std::pair<std::string_view, BinaryOp>, 6> kComparisons{{
        {"==", BinaryOp::Equal},
        {"!=", BinaryOp::NotEqual},
        {"<=", BinaryOp::LessEqual},
        {">=", BinaryOp::GreaterEqual},
        {"<", BinaryOp::Less},
        {">", BinaryOp::Greater},
    }};
    skip_blanks();
    for (const auto& [text, op] : kComparisons)
      if (take(text)) return op;
    return std::nullopt;
  }

  Parsed<PathOperand> read_operand(int depth) {
    skip_blanks();
    if (sees('@') || sees('$') || sees('.')) {
      auto path = read_path(depth);
      if (!path) return std::unexpected(path.error());
      return *std::move(path);
    }
    if (sees('\'') || sees('"')) {
      auto text = read_quoted();
      if (!text) return std::unexpected(text.error());
      return Value(*std::move(text));
    }
    return read_literal();
  }

  Parsed<PathOperand> read_literal() {
    const size_t start = at_;
    while (at_ < text_.size() && (text_[at_] == '.' || !ends_name(text_[at_]))) ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    if (word == "true" || word == "false") return Value(word == "true");
    if (word == "null") return Value();
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (!word.empty() && error == std::errc{} && end == word.data() + word.size())
      return Value(number);
    at_ = start;
    return wrong("expected a path, a number, 'text', true, false or null");
  }

  std::string_view text_;
  size_t at_ = 0;
  bool named_ = false;
};

}  // namespace

std::expected<JsonPathTree, CompileError> parse_json_path(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace sluice::analysis
