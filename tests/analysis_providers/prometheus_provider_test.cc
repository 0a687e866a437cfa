#include "analysis/providers/prometheus_provider.h"

#include "tests/analysis/metric_builders.h"
#include "tests/analysis_providers/run_coroutine.h"
#include "tests/analysis_providers/scripted_source.h"

#include <catch2/catch.hpp>

#include <string>

namespace sluice::analysis {
namespace {

constexpr const char* kVector =
    R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.5"]}]}})";

class Rig {
 public:
  explicit Rig(std::string default_address = "http://default:9090/")
      : provider(make_prometheus_provider(source, std::move(default_address))) {}

  Result<MetricSample> measure(const std::string& config) {
    crds::Metric metric = make_metric("m");
    metric.provider = {"prometheus", make_json_text(config)};
    return run_coroutine(provider->measure({.metric = metric, .now = kStart}));
  }

  ScriptedSource script;
  ScriptedHttpClient& http = script.http;
  HttpSource& source = script.source;
  std::unique_ptr<Question> provider;
};

ErrorCode code_of(const Result<MetricSample>& sample) {
  REQUIRE_FALSE(sample);
  return sample.error().code;
}

std::string message_of(const Result<MetricSample>& sample) {
  REQUIRE_FALSE(sample);
  return sample.error().message;
}

TEST_CASE("an instant query is a GET with the metric's time-out", "[prometheus]") {
  Rig rig;
  rig.http.answer(200, kVector);
  const auto sample = rig.measure(R"json({"query":"sum(rate(x{a=\"b\"}[1m]))","timeout":5,
                                      "headers":[{"key":"X-Tenant","value":"t"}]})json");
  REQUIRE(sample);
  CHECK(sample->text == "[0.5]");
  const net::HttpRequest& sent = rig.http.requests().front();
  CHECK(sent.method == "GET");
  CHECK(sent.url ==
        "http://default:9090/api/v1/query?query=sum%28rate%28x%7Ba%3D%22b%22%7D%5B1m%5D%29%29"
        "&timeout=5s");
  CHECK(sent.deadline == std::chrono::seconds(5));
  CHECK(sent.headers.get("X-Tenant") == "t");
  CHECK(sent.body_max == kSourceAnswerMax);
}

TEST_CASE("an address of the metric's own wins", "[prometheus]") {
  Rig rig;
  rig.http.answer(200, kVector);
  REQUIRE(rig.measure(R"json({"address":"http://own:1/prom/","query":"up"})json"));
  CHECK(rig.http.requests().front().url == "http://own:1/prom/api/v1/query?query=up&timeout=30s");
  CHECK(rig.http.requests().front().deadline == kPrometheusTimeout);
}

TEST_CASE("a long query is a POST", "[prometheus]") {
  Rig rig;
  rig.http.answer(200, kVector);
  const std::string query(3'000, 'x');
  REQUIRE(rig.measure("{\"query\":\"" + query + "\"}"));
  const net::HttpRequest& sent = rig.http.requests().front();
  CHECK(sent.method == "POST");
  CHECK(sent.url == "http://default:9090/api/v1/query");
  CHECK(sent.headers.get("Content-Type") == "application/x-www-form-urlencoded");
  CHECK(sent.body == "query=" + query + "&timeout=30s");
}

TEST_CASE("a range query sends its times", "[prometheus]") {
  Rig rig;
  rig.http.answer(200,
                  R"json({"status":"success","data":{"resultType":"matrix","result":[]}})json");
  const auto sample = rig.measure(R"json({"query":"up","rangeQuery":
      {"start":"now() - duration('1h')","end":"now()","step":"90s"}})json");
  REQUIRE(sample);
  CHECK(sample->text == "[]");
  // 2026-11-21T10:00:00Z is 1795255200.
  CHECK(rig.http.requests().front().url ==
        "http://default:9090/api/v1/query_range?query=up&start=1795251600.000&end=1795255200.000"
        "&step=90&timeout=30s");
  const auto wrong =
      rig.measure(R"json({"query":"up","rangeQuery":{"start":"5","end":"now()","step":"1m"}})json");
  CHECK(message_of(wrong) == "rangeQuery.start: 5 gives int, not a time");
}

TEST_CASE("time-outs, outages and refusals stay apart", "[prometheus]") {
  Rig rig;
  rig.http.fail_next(timeout("no answer within 30s"));
  rig.http.fail_next(unavailable("connection refused"));
  rig.http.answer(400, R"json({"status":"error","errorType":"bad_data","error":"parse"})json");
  rig.http.answer(200, "<html>");
  const char* const config = R"json({"query":"up"})json";

  auto sample = rig.measure(config);
  CHECK(code_of(sample) == ErrorCode::Timeout);
  CHECK(message_of(sample) == "prometheus at http://default:9090: no answer within 30s");
  sample = rig.measure(config);
  CHECK(code_of(sample) == ErrorCode::Unavailable);
  CHECK(message_of(sample) == "prometheus at http://default:9090: connection refused");
  sample = rig.measure(config);
  CHECK(code_of(sample) == ErrorCode::Invalid);
  CHECK(message_of(sample) == "prometheus at http://default:9090: HTTP 400 bad_data: parse");
  CHECK(code_of(rig.measure(config)) == ErrorCode::Internal);
}

TEST_CASE("settings are checked before anything is sent", "[prometheus]") {
  Rig rig("");
  CHECK(message_of(rig.measure(R"json({"query":"up"})json")) ==
        "provider.prometheus.address: Required value: there is no default");
  CHECK(message_of(rig.measure("{}")) ==
        "provider.prometheus.query: Required value: a PromQL query");
  CHECK(rig.http.requests().empty());
}

TEST_CASE("an insecure metric uses the client for it", "[prometheus]") {
  Rig rig("https://default");
  rig.script.insecure.answer(200, kVector);
  REQUIRE(rig.measure(R"json({"query":"up","insecure":true})json"));
  CHECK(rig.http.requests().empty());
  CHECK(rig.script.insecure.requests().size() == 1);
}

TEST_CASE("a time-out has an upper bound", "[prometheus]") {
  Rig rig;
  rig.http.answer(200, kVector);
  REQUIRE(rig.measure(R"json({"query":"up","timeout":3600})json"));
  CHECK(rig.http.requests().front().deadline == kMeasureDeadlineMax);
}

}  // namespace
}  // namespace sluice::analysis
