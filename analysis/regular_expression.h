#pragma once

// Regular expressions that match in time linear in the text, whatever the pattern: people write
// patterns in templates, and one that backtracks would stop the loop. The syntax is RE2's without
// captures, named classes and Unicode tables: . [] () (?:) (?i) | * + ? {n,m} ^ $ \b \d \w \s.

#include "base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::analysis {

/// Instructions of a compiled pattern; longer ones are refused.
inline constexpr size_t kPatternSizeMax = 2'000;

/// Ranges of code points, or everything but them.
struct CharacterClass {
  std::vector<std::pair<char32_t, char32_t>> ranges;
  bool negated = false;

  bool contains(char32_t c) const;
};

/// One step of a pattern's program.
struct PatternStep {
  enum class Kind {
    Character,
    Class,
    Split,
    Jump,
    Start,
    End,
    WordBoundary,
    NoWordBoundary,
    Match
  };
  Kind kind = Kind::Match;
  char32_t character = 0;
  uint32_t first = 0;   ///< Class: its index. Split, Jump: where to go on.
  uint32_t second = 0;  ///< Split: the other place.
};

struct PatternProgram {
  std::vector<PatternStep> steps;
  std::vector<CharacterClass> classes;
  bool fold_case = false;  ///< ASCII letters match both cases.

  /// Comparisons that one character of a text may take.
  size_t cost() const;
};

class RegularExpression {
 public:
  /// Errors are Invalid and say what is wrong with the pattern.
  static Result<RegularExpression> compile(std::string_view pattern);

  /// True where any part of the text matches. Takes time in proportion to work(text).
  bool found_in(std::string_view text) const;

  /// Comparisons that the text may take.
  size_t work(std::string_view text) const;

 private:
  explicit RegularExpression(PatternProgram program);

  std::shared_ptr<const PatternProgram> program_;
  size_t cost_;
};

/// The second half of compile(): pattern text to program.
Result<PatternProgram> parse_pattern(std::string_view pattern);
/// UTF-8 to code points; bytes that are no UTF-8 become U+FFFD.
std::vector<char32_t> decode_utf8(std::string_view text);

}  // namespace sluice::analysis
