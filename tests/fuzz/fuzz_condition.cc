// Conditions: whatever the text, it compiles or says where it does not, and what compiles gives a
// value or an error for every kind of answer.

#include "analysis/expression.h"
#include "base/ensure.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace sluice;
using analysis::Expression;
using analysis::Value;

const SystemTime kNow = *parse_time("2026-11-21T10:00:00Z");

const std::vector<Value>& answers() {
  static const std::vector<Value> kAnswers = {
      Value(0.97),
      Value(std::numeric_limits<double>::quiet_NaN()),
      Value::list({}),
      Value::list({0.97, std::numeric_limits<double>::infinity(), -0.0}),
      analysis::value_from_json(Json::parse(R"({"a": [1, 2.5, null], "b": {"c": "text"}})")),
      Value("text"),
      Value()};
  return kAnswers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(Expression::compile_condition(text));
  const auto expression = Expression::compile(text);
  if (!expression) {
    SLUICE_ENSURE(expression.error().offset <= text.size(), "an error lies within the text");
    static_cast<void>(analysis::caret_lines(text, expression.error().offset));
    return 0;
  }
  for (const Value& answer : answers())
    if (const auto value = expression->evaluate(answer, kNow)) static_cast<void>(to_text(*value));
  return 0;
}
