#include "analysis/providers/prometheus_query.h"

#include <algorithm>
#include <array>

namespace sluice::analysis {
namespace {

constexpr std::array<std::string_view, 5> kScalarWords{"time", "pi", "bool", "inf", "nan"};

bool is_word_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':' || c == '.';
}

bool is_scalar_word(std::string_view word) {
  const auto same = [word](std::string_view one) {
    return std::ranges::equal(one, word, [](char a, char b) { return a == (b | 0x20); });
  };
  return std::ranges::any_of(kScalarWords, same);
}

/// Reads a query once, from its start.
class QueryReader {
 public:
  explicit QueryReader(std::string_view query) : rest_(query) {}

  StaticType type() {
    bool open = false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (rest_.starts_with("{{") || is_quote(c)) {
        open = true;
        skip_one();
      } else if (c == '{') {
        return StaticType::Numbers;
      } else if (!is_word_part(c)) {
        skip_one();
      } else if (gives_series()) {
        return StaticType::Numbers;
      }
    }
    return open ? StaticType::Unknown : StaticType::Number;
  }

 private:
  static bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

  /// Takes a word, and what scalar(…) holds.
  bool gives_series() {
    const auto* const end = std::ranges::find_if_not(rest_, is_word_part);
    const std::string_view word(rest_.begin(), end);
    rest_.remove_prefix(word.size());
    if (word.front() >= '0' && word.front() <= '9') return false;
    if (word == "scalar") {
      skip_brackets();
      return false;
    }
    return !is_scalar_word(word);
  }

  /// Takes (…) with all that is in it.
  void skip_brackets() {
    int depth = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      skip_one();
      if (depth == 0 && c == ')') return;
    }
  }

  /// Takes a string, a comment, {{…}}, or one character.
  void skip_one() {
    const char c = rest_.front();
    size_t length = 1;
    if (is_quote(c)) {
      while (length < rest_.size() && rest_[length] != c) length += rest_[length] == '\\' ? 2 : 1;
      ++length;
    } else if (c == '#') {
      length = rest_.find('\n');
    } else if (rest_.starts_with("{{")) {
      const size_t close = rest_.find("}}");
      length = close == std::string_view::npos ? close : close + 2;
    }
    rest_.remove_prefix(std::min(length, rest_.size()));
  }

  std::string_view rest_;
};

}  // namespace

StaticType prometheus_query_type(std::string_view query) {
  return QueryReader(query).type();
}

}  // namespace sluice::analysis
