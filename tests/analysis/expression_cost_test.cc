// What evaluations cost, counted in steps: in proportion to what they work through, and never more
// than the bound.

#include "analysis/expression.h"
#include "analysis/expression_evaluator.h"
#include "analysis/expression_parser.h"

#include <catch2/catch.hpp>

#include <string>

namespace sluice::analysis {
namespace {

/// Numbers in no order.
Value mixed(size_t count) {
  List items;
  for (size_t i = 0; i < count; ++i) items.emplace_back(static_cast<int64_t>(i * 7'919 % 10'007));
  return Value::list(std::move(items));
}

struct Cost {
  bool finished = false;
  int64_t steps = 0;
};

Cost cost_of(const std::string& text, const Value& result) {
  const auto root = parse_expression(text, StaticType::Unknown);
  REQUIRE(root);
  Evaluator evaluator(text, result, SystemTime{});
  const auto value = evaluator.evaluate(**root);
  return {value.has_value(), evaluator.steps()};
}

TEST_CASE("a function costs in proportion to its list, and an order little more", "[cost]") {
  const char* const rows[] = {
      "len(uniq(result)) > 0",
      "len(uniq(map(result, string(#)))) > 0",
      "len(sort(result)) > 0",
      "len(sort(result, 'desc')) > 0",
      "len(sortBy(result, -#)) > 0",
      "len(groupBy(result, # % 10)) > 0",
      "len(groupBy(result, #)) > 0",
      "max(result) > 0",
      "median(result) > 0",
      "len(reverse(result)) > 0",
      "len(concat(result, result)) > 0",
      "len(flatten([result, result])) > 0",
      "-1 in result",
      "len(fromJSON('[' + join(map(result, string(#)), ',') + ']')) > 0",
      "len(toJSON(result)) > 0",
      "len(join(map(result, string(#)), ',')) > 0",
      "len(split(toJSON(result), ',')) > 0",
      "toJSON(result) matches '9999999$'",
      "len(result[1:]) > 0",
      "result == reverse(result)",
  };
  constexpr size_t kFew = 500;
  constexpr size_t kMany = 2'000;
  for (const char* text : rows) {
    INFO(text);
    const Cost few = cost_of(text, mixed(kFew));
    const Cost many = cost_of(text, mixed(kMany));
    CHECK(few.finished);
    CHECK(many.finished);
    // Nothing that grows with the list is free of charge.
    CHECK(many.steps >= static_cast<int64_t>(kMany / kExpressionSizePerStep));
    CHECK(many.steps <= few.steps * 2 * static_cast<int64_t>(kMany / kFew));
  }
}

TEST_CASE("an answer of ten thousand series can be judged", "[cost]") {
  constexpr size_t kSeries = 10'000;
  for (const char* text :
       {"all(result, # < 100000)", "all(result, {isNaN(#) || # < 100000})", "len(uniq(result)) > 1",
        "sort(result)[0] == 0", "count(result, # > 5) / len(result) > 0.5", "mean(result) > 1"}) {
    INFO(text);
    CHECK(cost_of(text, mixed(kSeries)).finished);
  }
}

TEST_CASE("duplicates are told by equality", "[cost]") {
  const auto evaluate = [](const char* text) {
    const auto value = Expression::compile(text)->evaluate({}, SystemTime{});
    return value ? to_text(*value) : value.error().message;
  };
  CHECK(evaluate("uniq([1, 1.0, '1', [1], [1.0], nil, nil, true, {a: 1}, {a: 1.0}])") ==
        "[1,\"1\",[1],null,true,{\"a\":1}]");
  CHECK(evaluate("uniq(['a', 'a;', ['a', 'b'], ['a,b']])") ==
        "[\"a\",\"a;\",[\"a\",\"b\"],[\"a,b\"]]");
  CHECK(evaluate("uniq([0.5, 0.5, 1e300, 1e300, 9007199254740993, 9007199254740992])") ==
        "[0.5,1e+300,9007199254740993,9007199254740992]");
  CHECK(evaluate("uniq([0 / 0, 0 / 0])") == "[NaN,NaN]");
  CHECK(evaluate("sort([3, 1.5, 2])") == "[1.5,2,3]");
  CHECK(evaluate("sort(['b', 'a'], 'desc')") == "[\"b\",\"a\"]");
  CHECK(evaluate("sort([1, 'a'])") ==
        "sort([1, 'a']): sort: there is no order between int and string");
  CHECK(evaluate("sort([])") == "[]");
}

}  // namespace
}  // namespace sluice::analysis
