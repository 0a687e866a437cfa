// Empty answers and NaN: what conditions make of them.

#include "analysis/expression.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace sluice::analysis {
namespace {

struct NoDataRow {
  const char* text;
  const char* outcome;
};

/// "true", "false", "no data: …" or "error: …".
std::string outcome_of(const std::string& text, const Value& result) {
  const auto expression = Expression::compile_condition(text);
  if (!expression) return "compile error: " + expression.error().to_string();
  const auto value = expression->evaluate(result, SystemTime{});
  if (!value) return "error: " + value.error().message;
  if (value->is_no_data()) return "no data: " + std::string(value->no_data_reason());
  return to_text(*value);
}

void check_no_data(const std::vector<NoDataRow>& rows, const Value& result) {
  for (const NoDataRow& row : rows) {
    INFO(row.text);
    CHECK(outcome_of(row.text, result) == row.outcome);
  }
}

TEST_CASE("an empty list is no data unless the condition takes a stand", "[no_data]") {
  check_no_data({{"result[0] >= 0.95", "no data: result[0]: the result has no elements"},
                 {"!(result[0] >= 0.95)", "no data: result[0]: the result has no elements"},
                 {"result[-1] * 100 > 5", "no data: result[-1]: the result has no elements"},
                 {"first(result) > 1", "no data: first(result): the result has no elements"},
                 {"mean(result) > 1", "no data: mean(result): the result has no elements"},
                 {"max(result) > 1", "no data: max(result): the result has no elements"},
                 {"median(map(result, # * 2)) > 1",
                  "no data: median(map(result, # * 2)): the result has no elements"},
                 {"isNaN(result[0])", "no data: result[0]: the result has no elements"},
                 {"result[0] > 1 ? true : false", "no data: result[0]: the result has no elements"},
                 {"len(result) > 0 && result[0] > 0.9", "false"},
                 {"len(result) == 0 || result[0] > 0.9", "true"},
                 {"result[0] > 0.9 || len(result) == 0", "true"},
                 {"result[0] > 0.9 && len(result) == 1", "false"},
                 {"default(result[0], 1) > 0.9", "true"},
                 {"(result[0] ?? 1) > 0.9", "true"},
                 {"isNil(result[0])", "true"},
                 {"isNil(result)", "false"},
                 {"len(result) == 0", "true"},
                 {"all(result, # > 1)", "true"},
                 {"any(result, # > 1)", "false"},
                 {"count(result, # > 1) == 0", "true"},
                 {"sum(result) == 0", "true"},
                 {"result == []", "true"},
                 {"result > 1", "error: result > 1: \">\" does not go with list and int"},
                 {"result[0][0] > 1", "no data: result[0]: the result has no elements"}},
                Value::list({}));
}

TEST_CASE("nil is no data unless the condition takes a stand", "[no_data]") {
  check_no_data({{"result > 1", "no data: result > 1: the result is empty"},
                 {"result[0] > 1", "no data: result[0]: the result is empty"},
                 {"result.value > 1", "no data: result.value: the result is empty"},
                 {"len(result) > 1", "no data: len(result): the result is empty"},
                 {"all(result, # > 1)", "no data: all(result, # > 1): the result is empty"},
                 {"isNil(result) || result > 1", "true"},
                 {"default(result, 0) < 5", "true"},
                 {"(result ?? 0) < 5", "true"},
                 {"result?.value == nil", "true"},
                 {"result == nil", "true"},
                 {"result and true", "no data: result: the result is empty"}},
                {});
}

TEST_CASE("NaN is no data unless the condition takes a stand", "[no_data]") {
  const Value nan = std::nan("");
  check_no_data({{"result[0] >= 0.95", "no data: result[0]: the value is NaN"},
                 {"result[0] < 0.95", "no data: result[0]: the value is NaN"},
                 {"result[0] == 1", "no data: result[0]: the value is NaN"},
                 {"result[0] * 100 <= 5", "no data: result[0] * 100: the value is NaN"},
                 {"isNaN(result[0])", "true"},
                 {"isNaN(result[0]) || result[0] >= 0.95", "true"},
                 {"result[0] >= 0.95 || isNaN(result[0])", "true"},
                 {"!isNaN(result[0]) && result[0] >= 0.95", "false"},
                 {"all(result, # > 1)", "no data: #: the value is NaN"},
                 {"all(result, isNaN(#) || # > 1)", "true"},
                 {"count(result, # > 1) > 0", "no data: #: the value is NaN"},
                 {"max(result) > 1", "no data: max(result): the value is NaN"},
                 {"asInt(result[0]) > 1", "no data: asInt: the value is NaN"},
                 {"len(result) == 1", "true"}},
                Value::list({nan}));
  check_no_data({{"result > 1", "no data: result: the value is NaN"}, {"isNaN(result)", "true"}},
                nan);
}

TEST_CASE("what is known decides although one series is NaN", "[no_data]") {
  check_no_data({{"any(result, # > 0.5)", "true"},
                 {"any(result, # > 0.95)", "no data: #: the value is NaN"},
                 {"all(result, # > 0.95)", "false"},
                 {"all(result, # > 0.5)", "no data: #: the value is NaN"},
                 {"none(result, # > 0.5)", "false"},
                 {"count(result, # > 0.5) == 1", "true"},
                 {"len(filter(result, # > 0.95)) == 0", "true"},
                 {"mean(filter(result, not isNaN(#))) == 0.9", "true"},
                 {"result[1] > 0.5", "true"},
                 {"result[0] > 0.5 or result[1] > 0.5", "true"},
                 {"result[0] > 0.5 and result[1] < 0.5", "false"}},
                Value::list({std::nan(""), 0.9}));
}

TEST_CASE("a list that became empty by itself is an error, not no data", "[no_data]") {
  check_no_data(
      {{"filter(result, # > 1)[0] > 1",
        "error: filter(result, # > 1)[0]: index 0 is out of range, the list has 0 elements"},
       {"result[1] > 1", "error: result[1]: index 1 is out of range, the list has 1 element"},
       {"0 / 0 > 1", "no data: 0 / 0: the value is NaN"}},
      Value::list({0.5}));
}

TEST_CASE("empty answers are told by their content", "[no_data]") {
  CHECK(is_empty_answer({}));
  CHECK(is_empty_answer(Value::list({})));
  CHECK(is_empty_answer(Value::map({})));
  CHECK(is_empty_answer(std::nan("")));
  CHECK(is_empty_answer(Value::list({std::nan(""), Value::list({})})));
  CHECK_FALSE(is_empty_answer(0));
  CHECK_FALSE(is_empty_answer(""));
  CHECK_FALSE(is_empty_answer(Value::list({std::nan(""), 1})));
}

}  // namespace
}  // namespace sluice::analysis
