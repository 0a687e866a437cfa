// The first half of a regular expression: pattern text to program. Each construct emits its steps
// after those of what stands before it; a repetition copies or wraps the steps of its operand.

#include "analysis/regular_expression.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace sluice::analysis {
namespace {

using Kind = PatternStep::Kind;

constexpr char32_t kLastCodePoint = 0x10FFFF;
constexpr uint32_t kRepeatMax = 1000;
constexpr int kGroupDepthMax = 50;

const std::vector<std::pair<char32_t, char32_t>> kDigits{{U'0', U'9'}};
const std::vector<std::pair<char32_t, char32_t>> kWords{
    {U'0', U'9'}, {U'A', U'Z'}, {U'_', U'_'}, {U'a', U'z'}};
const std::vector<std::pair<char32_t, char32_t>> kSpaces{
    {U'\t', U'\n'}, {U'\f', U'\r'}, {U' ', U' '}};

/// \d \w \s and their opposites.
std::optional<CharacterClass> named_class(char32_t letter) {
  switch (letter) {
    case U'd':
    case U'D':
      return CharacterClass{kDigits, letter == U'D'};
    case U'w':
    case U'W':
      return CharacterClass{kWords, letter == U'W'};
    case U's':
    case U'S':
      return CharacterClass{kSpaces, letter == U'S'};
    default:
      return std::nullopt;
  }
}

std::optional<char32_t> escaped_character(char32_t letter) {
  switch (letter) {
    case U'n':
      return U'\n';
    case U't':
      return U'\t';
    case U'r':
      return U'\r';
    case U'f':
      return U'\f';
    case U'v':
      return U'\v';
    default:
      break;
  }
  const bool alphanumeric = (letter >= U'a' && letter <= U'z') ||
                            (letter >= U'A' && letter <= U'Z') ||
                            (letter >= U'0' && letter <= U'9');
  return alphanumeric ? std::nullopt : std::optional(letter);
}

/// Steps of one construct; places in them count from its own start.
using Steps = std::vector<PatternStep>;

void append(Steps& to, const Steps& part) {
  const auto shift = static_cast<uint32_t>(to.size());
  for (PatternStep step : part) {
    if (step.kind == Kind::Split || step.kind == Kind::Jump) {
      step.first += shift;
      step.second += shift;
    }
    to.push_back(step);
  }
}

uint32_t length(const Steps& steps) {
  return static_cast<uint32_t>(steps.size());
}

/// one | other
Steps alternative(const Steps& one, const Steps& other) {
  Steps steps{{.kind = Kind::Split, .first = 1, .second = length(one) + 2}};
  append(steps, one);
  steps.push_back({.kind = Kind::Jump, .first = length(one) + length(other) + 2});
  append(steps, other);
  return steps;
}

Steps optional_steps(const Steps& part) {
  Steps steps{{.kind = Kind::Split, .first = 1, .second = length(part) + 1}};
  append(steps, part);
  return steps;
}

/// part*
Steps any_number(const Steps& part) {
  Steps steps{{.kind = Kind::Split, .first = 1, .second = length(part) + 2}};
  append(steps, part);
  steps.push_back({.kind = Kind::Jump, .first = 0});
  return steps;
}

class PatternParser {
 public:
  explicit PatternParser(std::string_view pattern) : text_(decode_utf8(pattern)) {}

  Result<PatternProgram> run() {
    if (text_.size() > kPatternSizeMax) {
      set_error("the pattern is too long");
    } else {
      program_.fold_case = take(U"(?i)");
      program_.steps = alternatives(0);
      if (at_ < text_.size()) set_error("\")\" without \"(\"");
    }
    program_.steps.push_back({.kind = Kind::Match});
    if (program_.steps.size() > kPatternSizeMax) set_error("the pattern is too large");
    if (error_) return fail(invalid(fmt::format("bad regular expression: {}", *error_)));
    return std::move(program_);
  }

 private:
  bool done() const { return error_ || at_ >= text_.size(); }

  bool at(char32_t c) const { return !done() && text_[at_] == c; }

  bool take(std::u32string_view symbol) {
    const std::u32string_view rest(text_.data() + at_, text_.size() - at_);
    const bool there = rest.starts_with(symbol);
    if (there) at_ += symbol.size();
    return there;
  }

  Steps set_error(std::string message) {
    if (!error_) error_ = std::move(message);
    return {};
  }

  Steps alternatives(int depth) {
    Steps steps = sequence(depth);
    while (at(U'|')) {
      ++at_;
      steps = alternative(steps, sequence(depth));
    }
    return steps;
  }

  Steps sequence(int depth) {
    Steps steps;
    while (!done() && !at(U'|') && !at(U')')) {
      append(steps, repeated(item(depth)));
      if (steps.size() > kPatternSizeMax) return set_error("the pattern is too large");
    }
    return steps;
  }

  Steps repeated(Steps part) {
    while (!done()) {
      if (take(U"*")) {
        part = any_number(part);
      } else if (take(U"+")) {
        Steps once = part;
        append(once, any_number(part));
        part = std::move(once);
      } else if (take(U"?")) {
        part = optional_steps(part);
      } else if (at(U'{')) {
        const auto counts = repeat_counts();
        if (!counts) return {};
        part = copies(part, counts->first, counts->second);
      } else {
        break;
      }
      // A lazy repetition finds the same texts.
      take(U"?");
      if (part.size() > kPatternSizeMax) return set_error("the pattern is too large");
    }
    return part;
  }

  /// {n}, {n,} or {n,m}.
  std::optional<std::pair<uint32_t, std::optional<uint32_t>>> repeat_counts() {
    ++at_;
    const auto least = number();
    std::optional<uint32_t> most = least;
    if (at(U',')) {
      ++at_;
      most = number();
    }
    if (!least || !take(U"}")) {
      set_error("\"{\" wants a count such as {2,5}; write \\{ for the character");
      return std::nullopt;
    }
    if (*least > kRepeatMax || (most && (*most > kRepeatMax || *most < *least))) {
      set_error("a repeat count is out of range");
      return std::nullopt;
    }
    return std::pair(*least, most);
  }

  std::optional<uint32_t> number() {
    std::optional<uint32_t> value;
    while (!done() && text_[at_] >= U'0' && text_[at_] <= U'9') {
      value = std::min(value.value_or(0) * 10 + static_cast<uint32_t>(text_[at_] - U'0'),
                       kRepeatMax + 1);
      ++at_;
    }
    return value;
  }

  Steps copies(const Steps& part, uint32_t least, std::optional<uint32_t> most) {
    Steps steps;
    if (part.size() * most.value_or(least + 1) > kPatternSizeMax)
      return set_error("the pattern is too large");
    for (uint32_t i = 0; i < least; ++i) append(steps, part);
    if (!most) append(steps, any_number(part));
    for (uint32_t i = least; most && i < *most; ++i) append(steps, optional_steps(part));
    return steps;
  }

  Steps item(int depth) {
    const char32_t c = text_[at_];
    if (c == U'(') return group(depth);
    if (c == U'[') return bracket();
    if (c == U'\\') return escape();
    if (c == U'*' || c == U'+' || c == U'?' || c == U'{')
      return set_error("nothing to repeat before a repetition");
    ++at_;
    if (c == U'^') return {{.kind = Kind::Start}};
    if (c == U'$') return {{.kind = Kind::End}};
    if (c == U'.') return class_step({{{U'\n', U'\n'}}, true});
    return {{.kind = Kind::Character, .character = c}};
  }

  Steps group(int depth) {
    if (depth >= kGroupDepthMax) return set_error("groups are nested too deeply");
    ++at_;
    take(U"?:");
    if (at(U'?')) return set_error("this kind of group is not supported");
    Steps steps = alternatives(depth + 1);
    if (!take(U")")) return set_error("a group has no end");
    return steps;
  }

  Steps class_step(CharacterClass wanted) {
    program_.classes.push_back(std::move(wanted));
    return {{.kind = Kind::Class, .first = static_cast<uint32_t>(program_.classes.size() - 1)}};
  }

  Steps escape() {
    ++at_;
    if (done()) return set_error("a \"\\\" at the end");
    const char32_t letter = text_[at_++];
    if (auto wanted = named_class(letter)) return class_step(std::move(*wanted));
    if (letter == U'b') return {{.kind = Kind::WordBoundary}};
    if (letter == U'B') return {{.kind = Kind::NoWordBoundary}};
    if (letter == U'A') return {{.kind = Kind::Start}};
    if (letter == U'z') return {{.kind = Kind::End}};
    if (const auto c = escaped_character(letter))
      return {{.kind = Kind::Character, .character = *c}};
    return set_error("this escape is not known");
  }

  Steps bracket() {
    ++at_;
    CharacterClass wanted;
    wanted.negated = take(U"^");
    for (bool first = true; !done() && (first || !at(U']')); first = false)
      if (!class_item(wanted)) return set_error("a bad range in brackets");
    if (!take(U"]")) return set_error("a bracket has no end");
    return class_step(std::move(wanted));
  }

  /// One character, range or named class inside brackets.
  bool class_item(CharacterClass& wanted) {
    if (take(U"[:")) {
      set_error("classes with a name, such as [:alpha:], are not supported");
      return false;
    }
    if (at(U'\\') && at_ + 1 < text_.size()) {
      if (const auto named = named_class(text_[at_ + 1])) {
        at_ += 2;
        add_named(wanted, *named);
        return true;
      }
    }
    const auto first = class_character();
    if (!first) return false;
    const bool is_range = at(U'-') && at_ + 1 < text_.size() && text_[at_ + 1] != U']';
    if (!is_range) {
      wanted.ranges.emplace_back(*first, *first);
      return true;
    }
    ++at_;
    const auto last = class_character();
    if (!last || *last < *first) return false;
    wanted.ranges.emplace_back(*first, *last);
    return true;
  }

  static void add_named(CharacterClass& wanted, const CharacterClass& named) {
    char32_t from = 0;
    for (const auto& range : named.ranges) {
      if (!named.negated)
        wanted.ranges.push_back(range);
      else if (range.first > from)
        wanted.ranges.emplace_back(from, range.first - 1);
      from = range.second + 1;
    }
    if (named.negated) wanted.ranges.emplace_back(from, kLastCodePoint);
  }

  std::optional<char32_t> class_character() {
    if (done()) return std::nullopt;
    const char32_t c = text_[at_++];
    if (c != U'\\') return c;
    return done() ? std::nullopt : escaped_character(text_[at_++]);
  }

  std::vector<char32_t> text_;
  size_t at_ = 0;
  PatternProgram program_;
  std::optional<std::string> error_;
};

}  // namespace

Result<PatternProgram> parse_pattern(std::string_view pattern) {
  return PatternParser(pattern).run();
}

}  // namespace sluice::analysis
