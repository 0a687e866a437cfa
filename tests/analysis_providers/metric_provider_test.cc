#include "analysis/providers/metric_provider.h"

#include "analysis/judge.h"
#include "tests/analysis/metric_builders.h"
#include "tests/analysis_providers/run_coroutine.h"
#include "tests/fakes/fake_clock.h"

#include <catch2/catch.hpp>

namespace sluice::analysis {
namespace {

class ScriptedProvider : public Question {
 public:
  explicit ScriptedProvider(Result<MetricSample> answer) : answer_(std::move(answer)) {}

  std::string_view name() const override { return "scripted"; }

  crds::FieldProblems check(const JsonText&, std::string_view path) const override {
    return {{std::string(path), "checked"}};
  }

  net::Awaitable<Result<MetricSample>> measure(MeasureRequest request) override {
    asked = std::move(request);
    co_return answer_;
  }

  MeasureRequest asked;

 private:
  Result<MetricSample> answer_;
};

PreparedMetric metric() {
  return prepare(make_run({make_metric("rate", "result[0] > 0.9")})).front();
}

crds::Measurement take(Result<MetricSample> answer, PreparedMetric prepared,
                       ArgumentValues values = {}) {
  const FakeClock clock;
  ProviderRegistry registry;
  registry.add(std::make_unique<ScriptedProvider>(std::move(answer)));
  return run_coroutine(take_measurement(
      registry, clock, {.metric = std::move(prepared), .values = std::move(values)}));
}

TEST_CASE("a measurement is asked for and judged", "[metric_provider]") {
  const auto measurement = take(sample(vector_of(0.95)), metric());
  CHECK(measurement.phase == crds::AnalysisPhase::Successful);
  CHECK(measurement.value == "[0.95]");
  CHECK(measurement.started_at == FakeClock::kStart);
  CHECK(take(sample(vector_of(0.5)), metric()).phase == crds::AnalysisPhase::Failed);
  CHECK(is_no_data(take(sample(Value::list({})), metric())));
}

TEST_CASE("an unknown provider is an error that lists the known", "[metric_provider]") {
  PreparedMetric prepared = metric();
  prepared.metric.provider.kind = "graphite";
  const auto measurement = take(sample(1), std::move(prepared));
  CHECK(measurement.phase == crds::AnalysisPhase::Error);
  CHECK(measurement.message == "metric provider \"graphite\" is not known (known: scripted)");
}

TEST_CASE("secrets are struck from what is kept", "[metric_provider]") {
  const ArgumentValues values{{{"token", "hunter2"}}, {"hunter2"}};
  const auto failed = take(fail(forbidden("hunter2 refused")), metric(), values);
  CHECK(failed.message == "***** refused");
  const auto shown =
      take(MetricSample{Value("hunter2"), "\"hunter2\"", {{"q", "hunter2"}}}, metric(), values);
  CHECK(shown.value == "\"*****\"");
  CHECK(shown.metadata.at("q") == "*****");
}

TEST_CASE("the beginning of a secret at which a text was cut is struck too", "[metric_provider]") {
  const ArgumentValues values{{{"token", "hunter2"}}, {"hunter2"}};
  CHECK(take(fail(invalid("said: hunte…")), metric(), values).message == "said: *****…");
  CHECK(take(fail(invalid("said: hun…")), metric(), values).message == "said: hun…");
  CHECK(take(fail(invalid("hunte is no secret")), metric(), values).message ==
        "hunte is no secret");
}

TEST_CASE("a registry hands its providers' checks out", "[metric_provider]") {
  ProviderRegistry registry;
  registry.add(std::make_unique<ScriptedProvider>(sample(1)));
  const ProviderChecks checks = registry.checks();
  REQUIRE(checks.contains("scripted"));
  CHECK(checks.at("scripted").settings(nullptr, "here") ==
        crds::FieldProblems{{"here", "checked"}});
}

}  // namespace
}  // namespace sluice::analysis
