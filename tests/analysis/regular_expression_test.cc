#include "analysis/regular_expression.h"

#include <catch2/catch.hpp>

#include <string>

namespace sluice::analysis {
namespace {

struct Row {
  const char* pattern;
  const char* text;
  bool found;
};

TEST_CASE("patterns are found anywhere in the text", "[regular_expression]") {
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
      {"^.$", "\xff", true},
  };
  for (const Row& row : rows) {
    INFO(row.pattern << " in " << row.text);
    const auto pattern = RegularExpression::compile(row.pattern);
    REQUIRE(pattern);
    CHECK(pattern->found_in(row.text) == row.found);
  }
}

TEST_CASE("bad patterns are refused", "[regular_expression]") {
  for (const char* pattern :
       {"(", ")", "a)", "[", "[z-a]", "[a-\\d]", "*a", "+", "a{", "a{2,1}", "a{1001}", "\\", "\\q",
        "(?=a)", "(?P<n>a)", "((a{100}){100}){100}", "[[:alpha:]]+", "[^[:digit:]x]"}) {
    INFO(pattern);
    const auto compiled = RegularExpression::compile(pattern);
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().code == ErrorCode::Invalid);
  }
  CHECK_FALSE(RegularExpression::compile(std::string(kPatternSizeMax + 1, 'a')));
  CHECK_FALSE(RegularExpression::compile(std::string(1'000, '(')));
  CHECK_FALSE(RegularExpression::compile("a" + std::string(100, '+')));
}

TEST_CASE("time is linear whatever the pattern", "[regular_expression]") {
  const auto pattern = RegularExpression::compile("^(a|aa)+$");
  REQUIRE(pattern);
  CHECK_FALSE(pattern->found_in(std::string(50'000, 'a') + "b"));
  CHECK(pattern->work("aa") > 0);
  const auto few = RegularExpression::compile("^[a-z]{9}$");
  const auto many = RegularExpression::compile("^[a-cd-fg-ij-lm-op-rs-uv-xy-z]{9}$");
  REQUIRE(few);
  REQUIRE(many);
  CHECK(many->work("a") > 4 * few->work("a"));
}

}  // namespace
}  // namespace sluice::analysis
