// What is refused when a condition is compiled, and the bounds of an evaluation.

#include "analysis/expression.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <string>

namespace sluice::analysis {
namespace {

struct RefusedRow {
  const char* text;
  size_t offset;
  const char* message;
};

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

Result<Value> evaluate(const std::string& text) {
  const auto expression = Expression::compile(text);
  REQUIRE(expression);
  return expression->evaluate({}, SystemTime{});
}

TEST_CASE("compile errors point at their place", "[expression]") {
  const RefusedRow rows[] = {
      {"", 0, "the expression is empty"},
      {"  ", 2, "the expression is empty"},
      {"result[0] >=", 12, "the expression ends too early"},
      {"resul[0] > 1", 0, "unknown name \"resul\"; did you mean \"result\"?"},
      {"result[0] > 0.95 && value", 20, "unknown name \"value\""},
      {"lenn(result) > 1", 0, "unknown function \"lenn\"; did you mean \"len\"?"},
      {"result[0 > 1", 12, "\"]\" is missing at the end"},
      {"(result[0] > 1", 14, "\")\" is missing at the end"},
      {"result[0) > 1", 8, "\"]\" is expected here, not \")\""},
      {"result > 1)", 10, "\")\" is not expected here"},
      {"result > > 1", 9, "\">\" is not expected here"},
      {"result = 1", 7, "\"=\" is not expected here"},
      {"result 1", 7, "\"1\" is not expected here"},
      {"result & 1", 7, "this character has no meaning here"},
      {"'abc", 0, "this string has no end"},
      {"'a\\q'", 2, "this escape is not known"},
      {"1 /* x", 2, "this comment has no end"},
      {"12ab > 1", 0, "this is not a number that can be held"},
      {"99999999999999999999 > 1", 0, "this is not a number that can be held"},
      {"# > 1", 0, "\"#\" means something only inside a predicate, such as all(result, # > 1)"},
      {"all(result)", 0, "all needs a predicate, such as all(list, # > 1)"},
      {"all(result, 1 + 1)", 12, "the predicate of all must give true or false, not a number"},
      {"all(5, # > 1)", 4, "all needs a list, not a number"},
      {"len(result, 1) > 1", 0, "len takes 1 argument, not 2"},
      {"default(result) > 1", 0, "default takes 2 arguments, not 1"},
      {"trim() == ''", 0, "trim takes 1 to 2 arguments, not 0"},
      {"len > 1", 0, "\"len\" is a function: write len(…)"},
      {"1 + 'a' == 2", 2, "\"+\" does not go with a number and a string"},
      {"'a' > 1", 4, "\">\" does not go with a string and a number"},
      {"1 == 'a'", 2, "\"==\" does not go with a number and a string"},
      {"1 && true", 2, "\"&&\" does not go with a number and true or false"},
      {"!5", 0, "\"!\" does not go with a number"},
      {"-true", 0, "\"-\" does not go with true or false"},
      {"len(result)[0] > 1", 11, "a number has no elements"},
      {"5 ? true : false", 0, "a condition is true or false, this is a number"},
      {"'a' matches '['", 12, "bad regular expression \"[\": missing ]: ["},
      {"result.foo() > 1", 7, "there is no method \"foo\""},
      {"result. > 1", 8, "a field's name is expected here"},
      {"result | 5", 9, "a function call is expected after \"|\""},
      {"let = 5; true", 4, "a name is expected after \"let\""},
      {"1 + 1", 0, "a condition must give true or false, this gives a number"},
      {"'true'", 0, "a condition must give true or false, this gives a string"},
      {"now()", 0, "a condition must give true or false, this gives a time"},
  };
  for (const RefusedRow& row : rows) {
    INFO(row.text);
    const auto compiled = Expression::compile_condition(row.text);
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().message == row.message);
    CHECK(compiled.error().offset == row.offset);
  }
}

TEST_CASE("an error is shown with a caret under its place", "[expression]") {
  const std::string text = "result[0] > 1\n  && resul > 2";
  const auto compiled = Expression::compile(text);
  REQUIRE_FALSE(compiled);
  CHECK(caret_lines(text, compiled.error().offset) == "  && resul > 2\n     ^");
  CHECK(caret_lines("abc", 99) == "abc\n   ^");
  CHECK(caret_lines("", 0) == "\n^");
  CHECK(Expression::compile("resul").error().to_string() ==
        "unknown name \"resul\"; did you mean \"result\"? (column 1)");
}

TEST_CASE("a condition is known by its type where that shows", "[expression]") {
  for (const char* text : {"result", "result[0]", "result.ok", "result > 1", "isNaN(result)",
                           "default(result, false)", "true ? result : false", "result ?? true"}) {
    INFO(text);
    CHECK(Expression::compile_condition(text));
  }
}

TEST_CASE("text and nesting are bounded", "[expression]") {
  CHECK_FALSE(Expression::compile(repeated(" ", kExpressionBytesMax + 1)));
  for (const char* piece : {"(", "!", "-", "[", "{a:", "2 ** ", "len(", "result[", "true ? "}) {
    INFO(piece);
    const auto compiled = Expression::compile(repeated(piece, 1'500) + "1");
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().message.find("nested deeper") == 0);
  }
  CHECK_FALSE(Expression::compile("1" + repeated(" + 1", 1'500)));
  CHECK_FALSE(Expression::compile("result" + repeated("[0]", 1'500)));
  CHECK(Expression::compile("1" + repeated(" + 1", 50)));
}

TEST_CASE("text is searched in time that does not grow with both lengths", "[expression]") {
  const char* const rows[] = {
      "not (repeat('a', 60000) contains repeat('a', 30000) + 'b')",
      "indexOf(repeat('a', 60000), repeat('a', 30000) + 'b') == -1",
      "lastIndexOf(repeat('a', 60000), 'b' + repeat('a', 30000)) == -1",
      "len(split(repeat('a', 60000), repeat('a', 30000) + 'b')) == 1",
      "trim(repeat('a', 60000), repeat('b', 60000) + 'a') == ''",
  };
  for (const char* text : rows) {
    INFO(text);
    const auto value = evaluate(text);
    REQUIRE(value);
    CHECK(equals(*value, true));
  }
}

TEST_CASE("steps and sizes are bounded", "[expression]") {
  const char* const rows[] = {
      "all(1..1000, all(1..1000, # > 0))",
      "let l = 1..60000; all(1..1000, len(sort(l)) > 0)",
      "let l = 1..60000; all(1..1000, len(uniq(l)) > 0)",
      "len(1..100000000) > 0",
      "len(1..9223372036854775807) > 0",
      "len(repeat('x', 100000000)) > 0",
      "len(reduce(1..64, [#acc, #acc], [1])) > 0",
      "reduce(1..64, [#acc, #acc], 1) == reduce(1..64, [#acc, #acc], 1)",
      "len(reduce(1..20000, [#acc], 1)) > 0",
      "len(reduce(1..20000, {{a: #acc}}, 1)) > 0",
      "len(reduce(1..64, #acc + #acc, 'x')) > 0",
      "len(reduce(1..64, concat(#acc, #acc), [1])) > 0",
      "len(reduce(1..64, replace(#acc, 'x', 'xx'), 'x')) > 0",
      "all(1..100, repeat('a', 60000) matches '(a|aa)+(a|aa)+(a|aa)+(a|aa)+(a|aa)+$')",
      "let s = repeat('x', 60000); all(1..50000, s[#] == 'x')",
      "let s = repeat('x', 60000); len(map(1..50000, s)) > 0",
      "len(map(1..20000, repeat('x', 60000))) > 0",
      "len(sortBy(1..20000, repeat('x', 20000))) > 0",
      "let s = repeat('x', 2000); len(sortBy(1..20000, s)) > 0",
      "let p = repeat('a|', 900) + 'b'; all(1..20000, not ('x' matches p))",
      "let s = repeat('a', 5000); all(1..20000, not (s matches 'a{900}' + 'b'))",
  };
  for (const char* text : rows) {
    INFO(text);
    const auto value = evaluate(text);
    REQUIRE_FALSE(value);
    CHECK(value.error().code == ErrorCode::Invalid);
  }
}

}  // namespace
}  // namespace sluice::analysis
