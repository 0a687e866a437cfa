// The shipped templates on a real Prometheus that scrapes revisions of every kind: what each of
// them is found to be.

#include "analysis/judge.h"
#include "analysis/providers/prometheus_provider.h"
#include "analysis/template_resolver.h"
#include "net/event_loop.h"
#include "net/http_server.h"
#include "net/sleep.h"
#include "tests/analysis_providers/prometheus_fixture.h"
#include "tests/analysis_providers/shipped_templates.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <map>
#include <string>
#include <vector>

namespace sluice::analysis {
namespace {

using namespace std::chrono_literals;

/// A revision's traffic. A rate of 0 is a service that nobody calls.
struct Traffic {
  double requests_per_second = 0;
  double errors = 0;  ///< Share that ends in a 500.
  double slow = 0;    ///< Share that takes between half a second and a second.
};

const std::map<std::string, Traffic> kRevisions{
    {"healthy", {200, 0, 0}},      {"few-errors", {200, 0.004, 0}}, {"errors", {200, 0.03, 0}},
    {"broken", {200, 1, 0}},       {"slow", {200, 0, 0.12}},        {"unused", {0, 0, 0}},
    {"hardly-used", {1, 0.5, 0.5}}};

/// Serves /REVISION with the counters that its traffic would have left by now.
class Exporter : public net::HttpHandler {
 public:
  explicit Exporter(const Clock& clock) : clock_(clock), start_(clock.steady_now()) {}

  net::Awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override {
    net::HttpResponse response{.status = 404, .headers = {}, .body = ""};
    const auto found = kRevisions.find(request.path.substr(1));
    if (found != kRevisions.end()) {
      response.status = 200;
      response.body = counters(found->second);
    }
    co_await responder.send(std::move(response));
  }

 private:
  std::string counters(const Traffic& traffic) const {
    const double seconds = std::chrono::duration<double>(clock_.steady_now() - start_).count();
    const double all = traffic.requests_per_second * seconds;
    const double failed = all * traffic.errors;
    const double fast = all * (1 - traffic.slow);
    std::string text = "# TYPE http_requests_total counter\n";
    // A code that never came has no series.
    if (traffic.errors < 1)
      text += fmt::format("http_requests_total{{code=\"200\"}} {}\n", all - failed);
    if (traffic.errors > 0) text += fmt::format("http_requests_total{{code=\"500\"}} {}\n", failed);
    return text + fmt::format(
                      "# TYPE http_request_duration_seconds histogram\n"
                      "http_request_duration_seconds_bucket{{le=\"0.5\"}} {0}\n"
                      "http_request_duration_seconds_bucket{{le=\"1\"}} {1}\n"
                      "http_request_duration_seconds_bucket{{le=\"+Inf\"}} {1}\n"
                      "http_request_duration_seconds_sum {1}\n"
                      "http_request_duration_seconds_count {1}\n",
                      fast, all);
  }

  const Clock& clock_;
  SteadyTime start_;
};

std::string scrape_configs(uint16_t port) {
  std::string text;
  for (const auto& [name, traffic] : kRevisions) {
    text += fmt::format(
        "- job_name: {0}\n"
        "  metrics_path: /{0}\n"
        "  static_configs:\n"
        "  - targets: ['127.0.0.1:{1}']\n"
        "    labels: {{namespace: default, rollouts_pod_template_hash: {0}}}\n",
        name, port);
  }
  return text;
}

PreparedMetric metric_of(const crds::AnalysisTemplate& from,
                         const std::vector<crds::Argument>& args) {
  const auto spec = flatten_templates({&from}, args);
  REQUIRE(spec.has_value());
  const auto values = argument_values(spec->args, {});
  REQUIRE(values.has_value());
  auto metrics = prepare_metrics(*spec, *values);
  REQUIRE(metrics.has_value());
  REQUIRE(metrics->size() == 1);
  return std::move(metrics->front());
}

/// The metrics of all shipped templates for one revision, in a window short enough for a test, and
/// that of the docs as it stands there.
std::vector<PreparedMetric> metrics_for(const std::string& revision) {
  const crds::Argument hash{.name = "pod-hash", .value = revision, .value_from = {}};
  const crds::Argument window{.name = "window", .value = "10s", .value_from = {}};
  std::vector<PreparedMetric> metrics;
  for (const char* name : {"success-rate", "error-rate", "latency-p95"})
    metrics.push_back(metric_of(shipped_template(name), {hash, window}));
  metrics.push_back(metric_of(documented_template(), {hash}));
  return metrics;
}

/// "good", "bad", "no data" or the error.
std::string said(const crds::Measurement& measurement) {
  if (is_no_data(measurement)) return "no data";
  if (measurement.phase == crds::AnalysisPhase::Successful) return "good";
  if (measurement.phase == crds::AnalysisPhase::Failed) return "bad";
  return measurement.message;
}

class Stage {
 public:
  Stage()
      : exporter_(loop.clock()),
        server_(net::make_http_server(loop.executor(), {}, exporter_)),
        source_(std::move(*make_http_source(loop.executor()))) {
    REQUIRE(server_->start().has_value());
    prometheus_.emplace(scrape_configs(server_->port()));
    registry_.add(make_prometheus_provider(*source_, prometheus_->address()));
  }

  /// What the templates say of a revision once they say `wanted`, or what they say in the
  /// end.
  net::Awaitable<void> follow(std::string revision, std::string wanted, std::string* outcome) {
    const SteadyTime deadline = loop.clock().steady_now() + 60s;
    const std::vector<PreparedMetric> metrics = metrics_for(revision);
    while (loop.clock().steady_now() < deadline) {
      outcome->clear();
      for (const PreparedMetric& metric : metrics) {
        ArgumentValues none;
        const crds::Measurement measurement = co_await take_measurement(
            registry_, loop.clock(), {.metric = metric, .values = std::move(none)});
        *outcome += (outcome->empty() ? "" : ", ") + said(measurement);
      }
      if (*outcome == wanted) co_return;
      co_await net::sleep_for(loop.clock(), 200ms);
    }
  }

  net::Awaitable<int> play(std::map<std::string, std::string> wanted,
                           std::map<std::string, std::string>* outcomes) {
    for (const auto& [revision, outcome] : wanted)
      co_await follow(revision, outcome, &(*outcomes)[revision]);
    co_await server_->stop();
    co_return 0;
  }

  net::EventLoop loop;

 private:
  Exporter exporter_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<HttpSource> source_;
  std::optional<PrometheusFixture> prometheus_;
  ProviderRegistry registry_;
};

TEST_CASE("the shipped templates and that of the docs tell revisions apart", "[templates][e2e]") {
  // Success rate, error rate, latency, and the error rate of the docs, which asks for no least
  // number of requests.
  const std::map<std::string, std::string> wanted{
      {"healthy", "good, good, good, good"},
      {"few-errors", "good, good, good, good"},
      {"errors", "good, bad, good, bad"},
      {"broken", "bad, bad, good, bad"},
      {"slow", "good, good, bad, good"},
      {"unused", "no data, no data, no data, no data"},
      {"hardly-used", "no data, no data, no data, bad"},
      {"unknown", "no data, no data, no data, no data"}};
  std::map<std::string, std::string> outcomes;
  Stage stage;
  stage.loop.run(stage.play(wanted, &outcomes));
  CHECK(outcomes == wanted);
}

}  // namespace
}  // namespace sluice::analysis
