// The Prometheus provider against a real Prometheus over real sockets.

#include "analysis/judge.h"
#include "analysis/providers/prometheus_provider.h"
#include "analysis/run_planner.h"
#include "net/event_loop.h"
#include "net/sleep.h"
#include "tests/analysis/metric_builders.h"
#include "tests/analysis_providers/prometheus_fixture.h"

#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace sluice::analysis {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

std::string config_of(const std::string& address, const std::string& query, int timeout = 10) {
  return dump_json(Json{{"address", address}, {"query", query}, {"timeout", timeout}});
}

class Rig {
 public:
  Rig() : source(std::move(*make_http_source(loop.executor()))) {
    registry.add(make_prometheus_provider(*source, ""));
  }

  /// Takes one measurement of a metric with this provider configuration.
  crds::Measurement measure(const std::string& config, const std::string& condition) {
    std::optional<crds::Measurement> measurement;
    loop.run(measure_into(config, condition, &measurement));
    REQUIRE(measurement);
    return *measurement;
  }

  /// Measures until the condition holds.
  crds::Measurement measure_until_successful(const std::string& config,
                                             const std::string& condition) {
    crds::Measurement measurement;
    const SteadyTime deadline = loop.clock().steady_now() + 60s;
    while (loop.clock().steady_now() < deadline) {
      measurement = measure(config, condition);
      if (measurement.phase == crds::AnalysisPhase::Successful) break;
      loop.run(wait());
    }
    return measurement;
  }

  net::EventLoop loop;

 private:
  net::Awaitable<int> measure_into(std::string config, std::string condition,
                                   std::optional<crds::Measurement>* measurement) {
    crds::Metric metric = make_metric("m", condition);
    metric.provider = {"prometheus", make_json_text(config)};
    PreparedMetric prepared = prepare(make_run({metric})).front();
    ArgumentValues none;
    *measurement = co_await take_measurement(
        registry, loop.clock(), {.metric = std::move(prepared), .values = std::move(none)});
    co_return 0;
  }

  net::Awaitable<int> wait() {
    co_await net::sleep_for(loop.clock(), 100ms);
    co_return 0;
  }

  std::unique_ptr<HttpSource> source;
  ProviderRegistry registry;
};

TEST_CASE("a real Prometheus is asked and understood", "[prometheus][e2e]") {
  const PrometheusFixture prometheus;
  Rig rig;
  const std::string address = prometheus.address();

  const auto up =
      rig.measure_until_successful(config_of(address, "up{job=\"self\"}"), "result[0] == 1");
  CHECK(up.phase == crds::AnalysisPhase::Successful);
  CHECK(up.value == "[1]");

  const auto empty = rig.measure(config_of(address, "no_such_metric"), "result[0] > 0");
  CHECK(is_no_data(empty));
  CHECK(empty.value == "[]");

  const auto nan = rig.measure(config_of(address, "vector(0) / vector(0)"), "result[0] > 0");
  CHECK(is_no_data(nan));
  CHECK(nan.value == "[NaN]");

  CHECK(rig.measure(config_of(address, "scalar(vector(0.25))"), "result == 0.25").phase ==
        crds::AnalysisPhase::Successful);
  CHECK(rig.measure(config_of(address, "vector(1) / vector(0)"), "isInf(result[0])").phase ==
        crds::AnalysisPhase::Successful);
  CHECK(rig.measure(config_of(address, "vector(1)"), "result[0] > 5").phase ==
        crds::AnalysisPhase::Failed);

  const auto refused = rig.measure(config_of(address, "sum(rate("), "result[0] > 0");
  CHECK(refused.phase == crds::AnalysisPhase::Error);
  CHECK_THAT(refused.message, Contains("HTTP 400 bad_data: invalid parameter \"query\""));

  const std::string long_query = "vector(7) " + std::string(3'000, ' ') + " + vector(0)";
  CHECK(rig.measure(config_of(address, long_query), "result[0] == 7").phase ==
        crds::AnalysisPhase::Successful);

  const Json range{
      {"address", address},
      {"query", "vector(3)"},
      {"rangeQuery", {{"start", "now() - duration('10s')"}, {"end", "now()"}, {"step", "5s"}}}};
  CHECK(rig.measure(dump_json(range), "len(result) == 3 and all(result, # == 3)").phase ==
        crds::AnalysisPhase::Successful);
}

TEST_CASE("a Prometheus that is not there or silent is an error in time", "[prometheus][e2e]") {
  Rig rig;
  const auto gone = rig.measure(config_of("http://127.0.0.1:" + std::to_string(free_port()), "up"),
                                "result[0] > 0");
  CHECK(gone.phase == crds::AnalysisPhase::Error);
  CHECK_THAT(gone.message, StartsWith("prometheus at http://127.0.0.1:"));

  namespace ip = boost::asio::ip;
  // It listens and never answers.
  const ip::tcp::acceptor silent(rig.loop.executor(), {ip::address_v4::loopback(), 0});
  const std::string address = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port());
  const SteadyTime before = rig.loop.clock().steady_now();
  const auto late = rig.measure(config_of(address, "up", 1), "result[0] > 0");
  CHECK(late.phase == crds::AnalysisPhase::Error);
  CHECK(rig.loop.clock().steady_now() - before >= 900ms);
  CHECK(late.message != gone.message);
}

TEST_CASE("a Prometheus that halts in the middle of a run fails nothing, and the run goes on",
          "[prometheus][e2e]") {
  const PrometheusFixture prometheus;
  Rig rig;
  crds::Metric metric = make_metric("up", "result == 1");
  metric.interval = "1s";
  metric.count = "2";
  crds::AnalysisRun run = make_run({metric});
  const std::vector<PreparedMetric> metrics = prepare(run);
  const auto config = config_of(prometheus.address(), "scalar(vector(1))", 1);
  const auto take_up = [&](const crds::Measurement& measurement) {
    run.status = plan_run(run, metrics, {}, rig.loop.clock().system_now()).status;
    record_measurement(run.status, metrics.front(), measurement);
    run.status = plan_run(run, metrics, {}, rig.loop.clock().system_now()).status;
    return run.status.phase;
  };
  const auto before = rig.measure_until_successful(config, metric.success_condition);
  CHECK(take_up(before) == crds::AnalysisPhase::Running);

  prometheus.halt();
  const auto halted = rig.measure(config, metric.success_condition);
  CHECK(halted.phase == crds::AnalysisPhase::Error);
  CHECK(is_unobservable(halted));
  CHECK_THAT(halted.message, StartsWith("prometheus at " + prometheus.address()));
  CHECK(take_up(halted) == crds::AnalysisPhase::Running);

  prometheus.wake();
  const auto after = rig.measure_until_successful(config, metric.success_condition);
  CHECK(take_up(after) == crds::AnalysisPhase::Successful);
  CHECK(run.status.metric_results.front().failed == 0);
  CHECK(run.status.metric_results.front().error == 1);
}

}  // namespace
}  // namespace sluice::analysis
