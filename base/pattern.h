#pragma once

// Pattern is a regular expression in Go's syntax (https://github.com/google/re2/wiki/Syntax), which
// is what people write in conditions and what the schemas of Kubernetes hold. Searching takes time
// in proportion to the text, whatever the pattern: RE2 never goes back. Copies share what was
// compiled.

#include "base/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace sluice {

inline constexpr size_t kPatternBytesMax = 4 * 1024;
/// Steps of a compiled pattern: a{1000} has a thousand.
inline constexpr int kPatternStepsMax = 4'000;
/// What one pattern may take, the states that it met while searching among it.
inline constexpr int64_t kPatternMemoryMax = 512 * int64_t{1024};
/// Classes such as \pL in one pattern: each is some hundred ranges, which take time to compile.
inline constexpr int kPatternUnicodeClassesMax = 16;

class Pattern {
 public:
  /// Errors are Invalid: `bad regular expression "[": missing ]: [`.
  static Result<Pattern> compile(std::string_view expression);

  /// Whether it matches anywhere in the text, which is UTF-8.
  bool found_in(std::string_view text) const;

  /// Steps that compiling it may take, in the measure of work().
  static size_t work_to_compile(std::string_view expression);

  /// Steps that searching a text of so many bytes may take at worst.
  size_t work(size_t bytes) const;

  const std::string& expression() const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace sluice
