#include "analysis/providers/web_provider.h"

#include "analysis/judge.h"
#include "tests/analysis/metric_builders.h"
#include "tests/analysis_providers/run_coroutine.h"
#include "tests/analysis_providers/scripted_source.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace sluice::analysis {
namespace {

class Rig {
 public:
  Result<MetricSample> measure(const Json& config) {
    crds::Metric metric = make_metric("m");
    metric.provider = {"web", make_json_text(dump_json(config))};
    return run_coroutine(provider->measure({.metric = metric, .now = kStart}));
  }

  ScriptedSource script;
  std::unique_ptr<Question> provider = make_web_provider(script.source);
};

std::string problem_of(const char* text) {
  const Rig rig;
  const auto problems = rig.provider->check(make_json_text(text), "p");
  return problems.empty() ? "" : problems.front().sentence();
}

/// What a metric with that condition makes of an answer: its phase, and why.
std::string verdict(const char* answer, const char* path, const char* condition) {
  Rig rig;
  rig.script.http.answer(200, answer);
  crds::Metric metric = make_metric("m", condition);
  metric.provider.kind = "web";
  const auto sample = rig.measure({{"url", "http://shop/stats"}, {"jsonPath", path}});
  const PreparedMetric prepared = prepare(make_run({metric})).front();
  const crds::Measurement said = judge_sample(prepared, sample, kStart, kStart);
  if (is_no_data(said)) return "no data";
  return std::string(crds::to_string(said.phase)) +
         (said.message.empty() ? "" : ": " + said.message);
}

TEST_CASE("a web metric asks with a GET within ten seconds", "[web]") {
  Rig rig;
  rig.script.http.answer(200, R"({"ok": true})");
  const auto sample =
      rig.measure({{"url", "https://shop:8443/stats?of=a b&q=x{c=\"d\"}[1m]"},
                   {"headers", Json::array({{{"key", "X-Tenant"}, {"value", "shop"}},
                                            {{"key", "Content-Length"}, {"value", "7"}}})}});
  REQUIRE(sample);
  CHECK(sample->text == R"({"ok":true})");
  REQUIRE(rig.script.http.requests().size() == 1);
  const net::HttpRequest& sent = rig.script.http.requests().front();
  CHECK(sent.method == "GET");
  CHECK(sent.url == "https://shop:8443/stats?of=a%20b&q=x%7Bc=%22d%22%7D%5B1m%5D");
  CHECK(sent.deadline == kWebTimeout);
  CHECK(sent.body_max == kSourceAnswerMax);
  CHECK(sent.headers.get("X-Tenant") == "shop");
  CHECK(sent.headers.find("Content-Length") == nullptr);
  CHECK(sent.body.empty());
}

TEST_CASE("every setting reaches the request", "[web]") {
  Rig rig;
  rig.script.insecure.answer(200, "1");
  const bool with_json = GENERATE(true, false);
  Json config = {
      {"url", "https://shop/stats"},
      {"method", "POST"},
      {"timeoutSeconds", 3},
      {"insecure", true},
      {"authentication",
       {{"sigv4", Json::object()}, {"basicAuth", {{"username", "user"}, {"password", "pass"}}}}}};
  if (with_json)
    config["jsonBody"] = {{"since", "5m"}, {"of", {"a", "b"}}};
  else
    config["body"] = "since=5m";
  REQUIRE(rig.measure(config));
  CHECK(rig.script.http.requests().empty());
  const net::HttpRequest& sent = rig.script.insecure.requests().front();
  CHECK(sent.method == "POST");
  CHECK(sent.deadline == std::chrono::seconds(3));
  CHECK(sent.headers.get("Authorization") == "Basic dXNlcjpwYXNz");
  CHECK(sent.headers.get("Content-Type") == (with_json ? "application/json" : ""));
  CHECK(sent.body == (with_json ? R"({"of":["a","b"],"since":"5m"})" : "since=5m"));
}

TEST_CASE("each problem of a web metric names its field", "[web]") {
  struct Row {
    const char* text;
    const char* problem;
  };

  const Row rows[] = {
      {"[]", "p: must be an object"},
      {"{}", "p.url: Required value: the URL to be asked"},
      {R"({"url":"shop/stats"})",
       "p.url: Invalid value: \"shop/stats\": must start with http:// or https://"},
      {R"({"url":"http:///stats"})", "p.url: Invalid value: \"http:///stats\": must name a host"},
      {R"({"url":"http://me:hunter2@shop/"})",
       "p.url: must not hold a user name or password: use authentication.basicAuth"},
      {R"({"url":"http://shop/a@b"})", ""},
      {R"({"url":"http://shop/\n"})", "p.url: must not hold blanks or control characters"},
      {R"({"url":"http://a","method":"get"})",
       "p.method: Unsupported value: \"get\": supported values: \"GET\", \"POST\", \"PUT\""},
      {R"({"url":"http://a","body":"x"})", "p.body: needs the method POST or PUT"},
      {R"({"url":"http://a","jsonBody":{"a":1}})", "p.jsonBody: needs the method POST or PUT"},
      {R"({"url":"http://a","method":"PUT","body":"x","jsonBody":{}})",
       "p.jsonBody: body and jsonBody exclude each other"},
      {R"({"url":"http://a","timeoutSeconds":-1})",
       "p.timeoutSeconds: Invalid value: \"-1\": must be a whole number of seconds"},
      {R"({"url":"http://a","headers":[{"key":"X Y","value":"a"}]})",
       "p.headers[0].key: a header's name holds letters, digits and !#$%&'*+-.^_`|~ only"},
      {R"({"url":"http://a","authentication":{"sigv4":{"region":"eu","roleArn":"arn"}}})",
       "p.authentication.sigv4.roleArn: taking on a role is not supported (supported: profile, "
       "credentials of the controller)"},
      {R"({"url":"http://a","authentication":{"oauth2":{"clientId":"a","clientSecret":"b"}}})",
       "p.authentication.oauth2.tokenUrl: Required value: where tokens are given out"},
      {R"({"url":"http://a","authentication":{"oauth2":{"tokenUrl":"idp"}}})",
       "p.authentication.oauth2.tokenUrl: Invalid value: \"idp\": must start with http:// or "
       "https://"},
      {R"({"url":"http://a","authentication":{"oauth2":{"tokenUrl":"http://i","clientId":"a"}}})",
       "p.authentication.oauth2.clientSecret: Required value: an argument that is of a Secret"},
      {R"({"url":"http://a","authentication":{"oauth2":{"tokenUrl":"http://i","clientId":"a",
           "clientSecret":"b","scopes":"c"}}})",
       "p.authentication.oauth2.scopes: must be a list of strings"},
      {R"({"url":"http://a","authentication":{"basicAuth":{"username":"u","password":"p"},
           "oauth2":{"tokenUrl":"http://i","clientId":"a","clientSecret":"b"}}})",
       "p.authentication.oauth2: basicAuth and oauth2 exclude each other"},
      {R"({"url":"{{args.url}}","method":"{{args.m}}","jsonPath":"{{args.path}}",
           "timeoutSeconds":"{{args.t}}","headers":[{"key":"{{args.k}}","value":"{{args.v}}"}]})",
       ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(problem_of(row.text) == row.problem);
  }
  const std::string path = problem_of(R"({"url":"http://a","jsonPath":"{$.a[}"})");
  CHECK(path.starts_with("p.jsonPath: Invalid value: \"{$.a[}\": "));
}

TEST_CASE("what the path finds is what conditions see", "[web]") {
  struct Row {
    const char* answer;
    const char* path;
    const char* condition;
    const char* verdict;
  };

  const Row rows[] = {
      {R"({"data":{"ok":true,"rate":0.97}})", "{$.data.ok}", "result", "Successful"},
      {R"({"data":{"ok":true,"rate":0.97}})", "{$.data}", "result.ok && result.rate >= 0.9",
       "Successful"},
      {R"({"data":{"rate":0.5}})", "{$.data.rate}", "result >= 0.9", "Failed"},
      {R"({"status":"green"})", "{$.status}", "result == 'green'", "Successful"},
      {R"({"status":"green"})", "", "result.status == 'red'", "Failed"},
      {R"([1, 2, 3])", "{$}", "all(result, # < 4)", "Successful"},
      {R"([{"n": 1}, {"n": 2}])", "{$[*].n}", "len(result) == 2 and result[1] == 2", "Successful"},
      {R"({"of":[{"name":"a","n":1},{"name":"b","n":7}]})", "{$.of[?(@.name=='b')].n}",
       "result == 7", "Successful"},
      {R"({"n": 5})", "{$.n}", "asInt(result) == 5 and result / 2 == 2.5", "Successful"},
      {R"("0.25")", "", "asFloat(result) < 0.5", "Successful"},
      {R"({"of":[]})", "{$.of[*].n}", "result[0] < 1", "no data"},
      {R"({"of":null})", "{$.of}", "isNil(result)", "Successful"},
      {R"({"of":[1]})", "{$.of}", "result == 1",
       "Error: successCondition: \"==\" does not go with a list and a number (column 8)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.answer, row.path, row.condition);
    CHECK(verdict(row.answer, row.path, row.condition) == row.verdict);
  }
}

TEST_CASE("an answer that is no answer says what it is", "[web]") {
  struct Row {
    int status;
    const char* body;
    const char* path;
    ErrorCode code;
    const char* message;
  };

  const Row rows[] = {
      {503, "over\nloaded", "", ErrorCode::Unavailable, "GET http://shop/stats: HTTP 503: over"},
      {429, "", "", ErrorCode::Unavailable, "GET http://shop/stats: HTTP 429"},
      {408, "", "", ErrorCode::Timeout, "GET http://shop/stats: HTTP 408"},
      {401, "", "", ErrorCode::Forbidden, "GET http://shop/stats: HTTP 401"},
      {404, "no such page", "", ErrorCode::Invalid,
       "GET http://shop/stats: HTTP 404: no such page"},
      {200, R"({"b":1})", "{$.a}", ErrorCode::Invalid,
       "GET http://shop/stats: jsonPath: \"a\" is not found"},
  };
  for (const Row& row : rows) {
    Rig rig;
    rig.script.http.answer(row.status, row.body);
    const auto sample = rig.measure({{"url", "http://shop/stats?token=x"}, {"jsonPath", row.path}});
    REQUIRE_FALSE(sample);
    CHECK(sample.error().code == row.code);
    CHECK(sample.error().message == row.message);
  }
  Rig rig;
  rig.script.http.answer(200, "<html>");
  const auto sample = rig.measure({{"url", "http://shop/stats"}});
  REQUIRE_FALSE(sample);
  CHECK(sample.error().code == ErrorCode::Internal);
  CHECK(sample.error().message.starts_with("GET http://shop/stats: the answer is no JSON: "));
}

TEST_CASE("a long text is cut between two words", "[web]") {
  CHECK(excerpt("short") == "short");
  CHECK(excerpt("one\r\ntwo") == "one");
  CHECK(excerpt(std::string(150, 'a') + " " + std::string(100, 'b')) ==
        std::string(150, 'a') + "…");
  CHECK(excerpt(std::string(300, 'a')) == "…");
}

}  // namespace
}  // namespace sluice::analysis
