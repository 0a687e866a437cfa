#include "analysis/providers/prometheus_config.h"

#include <catch2/catch.hpp>

#include <string>

namespace sluice::analysis {
namespace {

std::string problem_of(const char* text) {
  crds::FieldProblems problems;
  read_prometheus_config(make_json_text(text), "p", problems);
  return problems.empty() ? "" : problems.front().sentence();
}

TEST_CASE("a full block is read", "[prometheus]") {
  crds::FieldProblems problems;
  const PrometheusConfig config = read_prometheus_config(
      make_json_text(R"json({"address":"https://prometheus:9090/","query":"up","timeout":5,
        "insecure":true,"headers":[{"key":"X-Scope-OrgID","value":"shop"}],
        "authentication":{"sigv4":{},"oauth2":{},
          "basicAuth":{"username":"user","password":"pass"}},
        "rangeQuery":{"start":"now() - duration('5m')","end":"now()","step":"1m"}})json"),
      "p", problems);
  CHECK(problems.empty());
  CHECK(config.address == "https://prometheus:9090");
  CHECK(config.query == "up");
  CHECK(config.timeout == std::chrono::seconds(5));
  CHECK(config.access.insecure);
  CHECK(config.access.headers.get("x-scope-orgid") == "shop");
  CHECK(config.access.headers.get("Authorization") == "Basic dXNlcjpwYXNz");
  REQUIRE(config.range);
  CHECK(config.range->step == std::chrono::minutes(1));
}

struct Row {
  const char* text;
  const char* problem;
};

TEST_CASE("each problem names its field", "[prometheus]") {
  const Row rows[] = {
      {"[]", "p: must be an object"},
      {"{}", "p.query: Required value: a PromQL query"},
      {R"json({"query":5})json", "p.query: Invalid value: \"5\": must be a string"},
      {R"json({"query":"up","address":"prometheus:9090"})json",
       "p.address: Invalid value: \"prometheus:9090\": must start with http:// or https://"},
      {R"json({"query":"up","timeout":-1})json",
       "p.timeout: Invalid value: \"-1\": must be a whole number of seconds"},
      {R"json({"query":"up","timeout":"soon"})json",
       "p.timeout: Invalid value: \"soon\": must be a whole number of seconds"},
      {R"json({"query":"up","headers":[{"value":"x"}]})json",
       "p.headers[0].key: Required value: a header's name"},
      {R"json({"query":"up","headers":[{"key":"X","value":"a\r\nHost: b"}]})json",
       "p.headers[0].value: a header must not hold line breaks or other control characters"},
      {R"json({"query":"up","headers":[{"key":"X","value":"a\u0007"}]})json",
       "p.headers[0].value: a header must not hold line breaks or other control characters"},
      {R"json({"query":"up","headers":[{"key":"X Y","value":"a"}]})json",
       "p.headers[0].key: a header's name holds letters, digits and !#$%&'*+-.^_`|~ only"},
      {R"json({"query":"up","headers":[{"key":"X\r\nHost: b","value":"a"}]})json",
       "p.headers[0].key: a header's name holds letters, digits and !#$%&'*+-.^_`|~ only"},
      {R"json({"query":"up","address":"http://user:hunter2@a"})json",
       "p.address: must not hold a user name or password: use authentication.basicAuth"},
      {R"json({"query":"up","address":"http://a/any#"})json",
       "p.address: Invalid value: \"http://a/any#\": must not hold a query or a fragment"},
      {R"json({"query":"up","address":"http://a b"})json",
       "p.address: must not hold blanks or control characters"},
      {R"json({"query":"up","address":"ftp://a"})json",
       "p.address: Invalid value: \"ftp://a\": must start with http:// or https://"},
      {R"json({"query":"up","authentication":{"sigv4":{"region":"eu west"}}})json",
       "p.authentication.sigv4.region: Invalid value: \"eu west\": must be a region's name"},
      {R"json({"query":"up","authentication":{"sigv4":{"roleArn":"arn:aws:iam::1:role/r"}}})json",
       "p.authentication.sigv4.roleArn: taking on a role is not supported (supported: profile, "
       "credentials of the controller)"},
      {R"json({"query":"up","authentication":{"sigv4":{"region":"eu"},"basicAuth":
         {"username":"u","password":"p"}}})json",
       "p.authentication.sigv4: excludes basicAuth, oauth2 and a header Authorization"},
      {R"json({"query":"up","authentication":{"sigv4":{"region":"eu"}},
         "headers":[{"key":"authorization","value":"mine"}]})json",
       "p.authentication.sigv4: excludes basicAuth, oauth2 and a header Authorization"},
      {R"json({"query":"up","rangeQuery":{"end":"now()","step":"1m"}})json",
       "p.rangeQuery.start: Required value: an expression that gives a time, such as now()"},
      {R"json({"query":"up","rangeQuery":{"start":"nov()","end":"now()","step":"1m"}})json",
       "p.rangeQuery.start: Invalid value: \"nov()\": unknown function \"nov\"; did you mean "
       "\"now\"? (column 1)"},
      {R"json({"query":"up","rangeQuery":{"start":"now()","end":"now()","step":"0"}})json",
       "p.rangeQuery.step: Invalid value: \"0\": must be a duration such as 1m"},
  };
  for (const Row& row : rows) CHECK(problem_of(row.text) == row.problem);
}

TEST_CASE("fields that hold arguments are left until they are known", "[prometheus]") {
  const std::string problem =
      problem_of(R"json({"query":"{{args.q}}","address":"{{args.a}}","timeout":"{{args.t}}",
        "rangeQuery":{"start":"{{args.s}}","end":"now()","step":"{{args.step}}"}})json");
  CHECK(problem.empty());
}

}  // namespace
}  // namespace sluice::analysis
