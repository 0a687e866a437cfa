// How long a condition takes: compiling it once, and judging a sample by it.

#include "analysis/expression.h"

#include <benchmark/benchmark.h>

namespace sluice::analysis {
namespace {

constexpr const char* kCondition = "len(result) == 0 || isNaN(result[0]) || result[0] >= 0.95";

void compile_condition(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Expression::compile_condition(kCondition));
}

void evaluate_condition(benchmark::State& state) {
  const auto condition = Expression::compile_condition(kCondition);
  const Value result = Value::list({Value(0.987)});
  const SystemTime now{};
  for (auto _ : state) benchmark::DoNotOptimize(condition->evaluate(result, now));
}

BENCHMARK(compile_condition);
BENCHMARK(evaluate_condition);

}  // namespace
}  // namespace sluice::analysis
