#include "base/pattern.h"

#include <catch2/catch.hpp>

#include <string>

namespace sluice {
namespace {

struct Row {
  const char* pattern;
  const char* text;
  bool found;
};

TEST_CASE("patterns are found anywhere in the text", "[pattern]") {
  const Row rows[] = {
      {"", "", true},
      {"", "abc", true},
      {"b", "abc", true},
      {"^b", "abc", false},
      {"c$", "abc", true},
      {"^abc$", "abcd", false},
      {"a.c", "abc", true},
      {"a.c", "a\nc", false},
      {".*", "", true},
      {"a|b", "xb", true},
      {"^(a|b)+$", "abba", true},
      {"^(?:ab|c)*$", "abcab", true},
      {"^(ab|c)*$", "aba", false},
      {"a?b", "b", true},
      {"^a{2,3}$", "a", false},
      {"^a{2,3}$", "aaa", true},
      {"^a{2,3}$", "aaaa", false},
      {"^a{2}$", "aa", true},
      {"^a{2,}$", "aaaaa", true},
      {"^a*?b+?$", "aab", true},
      {"[a-c]+", "xyz", false},
      {"[^a-c]", "abcx", true},
      {"^[]a]+$", "]a", true},
      {"^[a-]+$", "a-", true},
      {"[\\d.]+", "1.2", true},
      {"^[^\\W]+$", "a_1", true},
      {"^\\d{3}-\\w+$", "123-ab_c", true},
      {"\\s", "a\tb", true},
      {"^\\S+$", "a b", false},
      {"\\bfoo\\b", "a foo b", true},
      {"\\bfoo\\b", "afoob", false},
      {"\\Boo", "foo", true},
      {"\\.\\$", "a.$", true},
      {"(?i)^hello$", "HeLLo", true},
      {"(?i)^[a-z]+$", "ABC", true},
      {"(?i)^[^a-z]+$", "ABC", false},
      {"^h.llo$", "h\u00e9llo", true},
      {"[\u00e0-\u00ff]", "\u00e9", true},
      {"^()*$", "", true},
      {"(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false},
      {"^[[:alpha:]]+$", "abc", true},
      {"^\\pL+$", "h\u00e9llo", true},
      {"(?P<n>a)b", "ab", true},
      {"\\Aab\\z", "ab", true},
      {"^b$", "a\nb", false},
      {"(?m)^b$", "a\nb", true},
  };
  for (const Row& row : rows) {
    INFO(row.pattern << " in " << row.text);
    const auto pattern = Pattern::compile(row.pattern);
    REQUIRE(pattern);
    CHECK(pattern->found_in(row.text) == row.found);
  }
}

TEST_CASE("bad patterns are refused", "[pattern]") {
  for (const char* pattern : {"(", ")", "a)", "[", "[z-a]", "[a-\\d]", "*a", "+", "a{1001}", "\\",
                              "\\q", "(?=a)", "(a)\\1", "((a{100}){100}){100}", "a**"}) {
    INFO(pattern);
    const auto compiled = Pattern::compile(pattern);
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().code == ErrorCode::Invalid);
  }
  CHECK(Pattern::compile("a[").error().message == "bad regular expression \"a[\": missing ]: [");
  CHECK(Pattern::compile(std::string(kPatternBytesMax + 1, 'a')).error().message ==
        "bad regular expression \"" + std::string(200, 'a') + "…\": longer than 4096 bytes");
  CHECK(Pattern::compile("a{900}a{900}a{900}a{900}a{900}").error().message ==
        "bad regular expression \"a{900}a{900}a{900}a{900}a{900}\": takes more than 4000 steps");
  CHECK_FALSE(Pattern::compile(std::string(2'000, '(')));
  CHECK_FALSE(Pattern::compile("[\\pL\\pN]{900}"));
  std::string letters = "\\\\";
  for (int i = 0; i <= kPatternUnicodeClassesMax; ++i) letters += "\\pL";
  CHECK(
      Pattern::compile(letters).error().message.ends_with("has more than 16 classes such as \\pL"));
}

TEST_CASE("searching is bounded by what it says of its work", "[pattern]") {
  const auto pattern = Pattern::compile("^(a|aa)+$");
  REQUIRE(pattern);
  CHECK_FALSE(pattern->found_in(std::string(50'000, 'a') + "b"));
  CHECK(pattern->expression() == "^(a|aa)+$");
  const auto few = Pattern::compile("^[a-z]{9}$");
  const auto many = Pattern::compile("^[a-z]{90}$");
  REQUIRE(few);
  REQUIRE(many);
  CHECK(many->work(1) > 5 * few->work(1));
  CHECK(many->work(1'000) == 1'000 * many->work(1));
}

}  // namespace
}  // namespace sluice
