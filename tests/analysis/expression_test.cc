// The condition language by table: text, result and what comes out.

#include "analysis/expression.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace sluice::analysis {
namespace {

struct ValueRow {
  const char* text;
  const char* outcome;
};

const SystemTime kNow = *parse_time("2026-11-21T10:00:00Z");

/// The value's text, or "error: …", or "no data".
std::string evaluate(const std::string& text, const Value& result) {
  const auto expression = Expression::compile(text);
  if (!expression) return "compile error: " + expression.error().to_string();
  const auto value = expression->evaluate(result, kNow);
  return value ? to_text(*value) : "error: " + value.error().message;
}

Value json(const char* text) {
  return value_from_json(*parse_json(text));
}

void check(const std::vector<ValueRow>& rows, const Value& result) {
  for (const ValueRow& row : rows) {
    INFO(row.text);
    CHECK(evaluate(row.text, result) == row.outcome);
  }
}

TEST_CASE("literals and operators", "[expression]") {
  check({{"1 + 2 * 3", "7"},
         {"(1 + 2) * 3", "9"},
         {"7 / 2", "3.5"},
         {"4 / 2", "2"},
         {"7 % 4", "3"},
         {"-7 % 4", "-3"},
         {"2 ** 3 ** 2", "512"},
         {"2 ^ 10", "1024"},
         {"-2 ** 2", "-4"},
         {"-3 + +4", "1"},
         {"1 - 2 - 3", "-4"},
         {"0x1F + 0b11 + 0o17", "49"},
         {"1_000_000", "1000000"},
         {".5 + 1.", "1.5"},
         {"1e3", "1000"},
         {"1.5e-3", "0.0015"},
         {"\"a\\n\\u00e9\" + 'b\\'' + `c\\`", "\"a\\n\u00e9b'c\\\\\""},
         {"'a' < 'b'", "true"},
         {"1 < 2 and 2 <= 2", "true"},
         {"1 == 1.0", "true"},
         {"1 != 2", "true"},
         {"0 < 5 < 10", "true"},
         {"0 < 5 < 3", "false"},
         {"true || false && false", "true"},
         {"not false and true", "true"},
         {"!(true or false)", "false"},
         {"nil == nil", "true"},
         {"true ? 1 : 2", "1"},
         {"false ? 1 : true ? 2 : 3", "2"},
         {"if 1 > 2 { 'a' } else if 2 > 1 { 'b' } else { 'c' }", "\"b\""},
         {"let x = 2; let y = x * 3; x + y", "8"},
         {"nil ?? 5", "5"},
         {"4 ?? 5", "4"},
         {"1 > 2; 3", "3"},
         {"1 + 1 // two", "2"},
         {"1 /* one */ + 1", "2"}},
        1);
}

TEST_CASE("lists, maps and texts", "[expression]") {
  check({{"[1, 2, 3][0]", "1"},
         {"[1, 2, 3][-1]", "3"},
         {"[1, 2, 3, 4][1:3]", "[2,3]"},
         {"[1, 2, 3][:-1]", "[1,2]"},
         {"[1, 2, 3][5:]", "[]"},
         {"1..4", "[1,2,3,4]"},
         {"4..1", "[]"},
         {"2 in [1, 2]", "true"},
         {"2 not in [1, 2]", "false"},
         {"'a' in {a: 1}", "true"},
         {"{a: 1, 'b': [2]}.b[0]", "2"},
         {"{a: 1}['a']", "1"},
         {"{a: 1}.x", "null"},
         {"{a: nil}.a?.b.c ?? 'none'",
          "error: {a: nil}.a?.b.c: {a: nil}.a?.b is null, which has no "
          "element \"c\""},
         {"{a: nil}.a?.b ?? 'none'", "\"none\""},
         {"[1, [2]] == [1, [2.0]]", "true"},
         {"{a: 1} == {a: 1}", "true"},
         {"'abc'[1]", "\"b\""},
         {"'h\u00e9llo'[1:3]", "\"\u00e9l\""},
         {"len('h\u00e9llo')", "5"},
         {"'shop-v2' matches '^shop-v\\\\d+$'", "true"},
         {"'shop' not matches 'x'", "true"},
         {"'hello' contains 'ell'", "true"},
         {"'hello' startsWith 'he' and 'hello' endsWith 'lo'", "true"},
         {"upper('ab') + lower('CD')", "\"ABcd\""},
         {"trim('  a ') + trim('xax', 'x')", "\"aa\""},
         {"split('a,b,c', ',')", "[\"a\",\"b\",\"c\"]"},
         {"['a', 'b'] | join('-')", "\"a-b\""},
         {"replace('aXbX', 'X', '') + repeat('z', 2)", "\"abzz\""},
         {"indexOf('hello', 'l')", "2"},
         {"lastIndexOf('hello', 'l')", "3"},
         {"fromJSON('{\"a\": [1]}').a[0]", "1"},
         {"toJSON({a: 1.5})", "\"{\\n  \\\"a\\\": 1.5\\n}\""},
         {"string(1500000.0) + ' ' + string(123456.0)", "\"1.5e+06 123456\""},
         {"toJSON([1.0]) == \"[\\n  1\\n]\"", "true"},
         {"trimPrefix('v1.2', 'v') + trimSuffix('x.go', '.go')", "\"1.2x\""}},
        1);
}

TEST_CASE("functions and predicates", "[expression]") {
  check({{"len([1, 2])", "2"},
         {"abs(-5)", "5"},
         {"abs(-1.5)", "1.5"},
         {"ceil(1.2) + floor(1.8) + round(2.5)", "6"},
         {"int('42') + int(3.9)", "45"},
         {"float('1.5')", "1.5"},
         {"string(12) + 'x'", "\"12x\""},
         {"max(1, 5, 3)", "5"},
         {"min([4, 2])", "2"},
         {"mean([1, 2, 3])", "2"},
         {"median([1, 9, 2])", "2"},
         {"median([1, 2, 3, 4])", "2.5"},
         {"sum([1, 2, 3])", "6"},
         {"sum([1, 2], # * 10)", "30"},
         {"first([7, 8]) + last([7, 8])", "15"},
         {"first([]) == nil", "true"},
         {"all([1, 2], # > 0)", "true"},
         {"all([], # > 0)", "true"},
         {"any([1, 2], {# > 1})", "true"},
         {"none([1, 2], # > 5)", "true"},
         {"one([1, 2], # > 1)", "true"},
         {"groupBy([1, 5, 7], # > 3)[true]", "[5,7]"},
         {"groupBy(['a', 'b', 'a'], #)['a']", "[\"a\",\"a\"]"},
         {"bitand(6, 3) + bitor(4, 1) + bitxor(7, 2) + bitnand(7, 5) + bitnot(-1)", "14"},
         {"filter([1, 2, 3], # > 1)", "[2,3]"},
         {"map([1, 2], # * 2)", "[2,4]"},
         {"map([5, 6], #index)", "[0,1]"},
         {"map([{a: 1}, {a: 2}], .a)", "[1,2]"},
         {"count([1, 2, 3], # >= 2)", "2"},
         {"count([true, false])", "1"},
         {"find([1, 2, 3], # > 1)", "2"},
         {"findIndex([1, 2, 3], # > 1)", "1"},
         {"findLast([1, 2, 3], # < 3)", "2"},
         {"reduce(1..4, #acc + #)", "10"},
         {"reduce([1, 2], #acc + #, 10)", "13"},
         {"sortBy([{v: 2}, {v: 1}], .v)[0].v", "1"},
         {"sort([3, 1, 2])", "[1,2,3]"},
         {"sort([3, 1, 2], 'desc')", "[3,2,1]"},
         {"all([[1], [2]], any(#, # > 0))", "true"},
         {"keys({b: 1, a: 2})", "[\"a\",\"b\"]"},
         {"values({b: 1, a: 2})", "[2,1]"},
         {"toPairs({a: 1})", "[[\"a\",1]]"},
         {"fromPairs([['a', 1]])", "{\"a\":1}"},
         {"reverse([1, 2])", "[2,1]"},
         {"uniq([1, 1, 2])", "[1,2]"},
         {"flatten([1, [2, [3]]])", "[1,2,3]"},
         {"concat([1], [2])", "[1,2]"},
         {"take([1, 2, 3], 2)", "[1,2]"},
         {"get([1], 5)", "null"},
         {"type(1) + type('a') + type([]) + type(nil)", "\"intstringarraynil\""},
         {"[1, 2, 3] | filter(# > 1) | len()", "2"}},
        1);
}

TEST_CASE("times and durations", "[expression]") {
  check({{"now()", "2026-11-21T10:00:00Z"},
         {"now() - duration('5m')", "2026-11-21T09:55:00Z"},
         {"duration('1h') + duration('30m')", "1h30m0s"},
         {"duration('1h') / 2", "30m0s"},
         {"duration('1h') / duration('30m')", "2"},
         {"duration('90s') > duration('1m')", "true"},
         {"date('2026-11-21') < now()", "true"},
         {"now().Year() * 10000 + now().Month() * 100 + now().Day()", "20261121"},
         {"(now() - duration('30m')).Hour() * 60 + date('2026-11-21 10:20:30').Minute()", "560"},
         {"duration('90s').Minutes()", "1.5"},
         {"now().Weekday() == 6", "true"},
         {"now() - date('2026-11-21T09:00:00Z')", "1h0m0s"},
         {"date('2026-11-21 10:00:00') == now()", "true"}},
        1);
}

TEST_CASE("the environment of analysis conditions", "[expression]") {
  check({{"result[0] >= 0.95", "true"},
         {"result[0] < 0.95", "false"},
         {"len(result) == 2 && result[1] > 0.5", "true"},
         {"asInt(result[0] * 100) == 98", "true"},
         {"asFloat('0.5') < result[0]", "true"},
         {"isNaN(result[0])", "false"},
         {"isInf(result[0])", "false"},
         {"isNil(result)", "false"},
         {"default(result, 0) == result", "true"},
         {"all(result, # > 0.5)", "true"},
         {"mean(result) > 0.75 and max(result) < 1", "true"}},
        json("[0.987, 0.6]"));
  check({{"$env.result.status == 'ok'", "true"},
         {"result.status == 'ok' and result.checks.db.latency_ms < 50", "true"},
         {"result['status']", "\"ok\""},
         {"result.checks.cache?.hits ?? 0", "0"},
         {"'db' in result.checks", "true"},
         {"len(result.errors) == 0", "true"}},
        json(R"({"status": "ok", "checks": {"db": {"latency_ms": 12}}, "errors": []})"));
  check({{"isInf(result)", "true"}, {"result > 5", "true"}}, Value(INFINITY));
}

TEST_CASE("evaluation errors say what did not fit", "[expression]") {
  check({{"result > 5", "error: result > 5: \">\" does not go with list and int"},
         {"result[3]", "error: result[3]: index 3 is out of range, the list has 2 elements"},
         {"result[-3]", "error: result[-3]: index -3 is out of range, the list has 2 elements"},
         {"result['a']", "error: result['a']: a list's index is an int, not string"},
         {"result.a", "error: result.a: a list's index is an int, not string"},
         {"result[0] and true", "error: result[0]: result[0] must be true or false, not float"},
         {"1 % (len(result) - 2)", "error: 1 % (len(result) - 2): \"%\" by zero"},
         {"9223372036854775807 + len(result)",
          "error: 9223372036854775807 + len(result): the outcome of \"+\" does not fit 64 bits"},
         {"asInt('x')", "error: asInt('x'): asInt: \"x\" is not an integer"},
         {"round(result)", "error: round(result): round needs a number, not list"},
         {"max(filter(result, # > 5))",
          "error: max(filter(result, # > 5)): max needs at least one number"},
         {"duration('x')",
          "error: duration('x'): \"x\" is not a duration such as 30s, 5m or 1h30m, "
          "or a whole number of seconds"}},
        json("[0.5, 0.6]"));
}

TEST_CASE("types that are known must fit", "[expression]") {
  const auto message = [](const char* text, StaticType result) {
    const auto compiled = Expression::compile_condition(text, result);
    return compiled ? std::string("fits") : compiled.error().to_string();
  };
  const StaticType numbers = StaticType::Numbers;
  CHECK(message("result == 0", numbers) ==
        "\"==\" does not go with a list of numbers and a number (column 8)");
  CHECK(message("result >= 0", numbers) ==
        "\">=\" does not go with a list of numbers and a number (column 8)");
  CHECK(message("result in [0]", numbers) ==
        "\"in\" does not go with a list of numbers and a list of numbers (column 8)");
  CHECK(message("any(result, # == 'x')", numbers) ==
        "\"==\" does not go with a number and a string (column 15)");
  CHECK(message("filter(result, # > 1)[0] == 'x'", numbers) ==
        "\"==\" does not go with a number and a string (column 26)");
  CHECK(message("'a' in map(result, # > 1 ? 'b' : 'c')", numbers) == "fits");
  CHECK(message("5 in map(result, 'b')", numbers) ==
        "\"in\" does not go with a number and a list of strings (column 3)");
  CHECK(message("true or result == 1", numbers) ==
        "\"==\" does not go with a list of numbers and a number (column 16)");
  CHECK(message("result.Year() > 1", numbers) == "fits");
  // What lies within a document may be anything: it is equal or not.
  CHECK(message("result.code == 200 or result.code == '200'", StaticType::Object) == "fits");
  CHECK(message("result[0] == 'x' or result[0] == 1", StaticType::Array) == "fits");
  CHECK(message("result == nil or result == 0", StaticType::Number) == "fits");
}

}  // namespace
}  // namespace sluice::analysis
