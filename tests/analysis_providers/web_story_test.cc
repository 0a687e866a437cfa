// The web metric over real sockets, against a server of this process.

#include "analysis/judge.h"
#include "analysis/providers/web_provider.h"
#include "net/event_loop.h"
#include "net/http_server.h"
#include "net/sleep.h"
#include "net/task_group.h"
#include "tests/analysis/metric_builders.h"
#include "tests/analysis_providers/source_stage.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace sluice::analysis {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("a server is asked and understood", "[web]") {
  SourceStage stage;
  stage.handler.answer("/stats", {.status = 200, .body = R"({"rate": 0.97})"});
  const Json config = {{"url", stage.url("/stats?window=1m")},
                       {"method", "POST"},
                       {"jsonBody", {{"revision", "{{args.hash}}"}}},
                       {"jsonPath", "{$.rate}"}};
  const auto good = stage.measure("web", config, "result > 0.9", {{{"hash", "abc"}}, {}});
  CHECK(good.phase == crds::AnalysisPhase::Successful);
  CHECK(good.value == "0.97");
  const net::ServerRequest& asked = stage.handler.asked.back();
  CHECK(asked.method == "POST");
  CHECK(asked.query == "window=1m");
  CHECK(asked.body == R"({"revision":"abc"})");
  CHECK(asked.headers.get("Content-Type") == "application/json");
  CHECK(stage.measure("web", config, "result > 0.99", {{{"hash", "abc"}}, {}}).phase ==
        crds::AnalysisPhase::Failed);
}

TEST_CASE("a server that is in trouble says nothing about the revision", "[web]") {
  SourceStage stage;
  stage.handler.answer("/down", {.status = 503, .body = "later"});
  stage.handler.answer("/page", {.status = 200, .body = "<html>"});
  stage.handler.answer("/long", {.status = 200, .body = std::string(kSourceAnswerMax + 1, ' ')});
  for (const char* path : {"/down", "/page", "/hang"}) {
    CAPTURE(path);
    const auto said =
        stage.measure("web", {{"url", stage.url(path)}, {"timeoutSeconds", 1}}, "result > 0.9");
    CHECK(said.phase == crds::AnalysisPhase::Error);
    CHECK(is_unobservable(said));
    CHECK_THAT(said.message, Contains(path));
  }
  const auto late =
      stage.measure("web", {{"url", stage.url("/long")}, {"timeoutSeconds", 9}}, "result > 0.9");
  CHECK(late.phase == crds::AnalysisPhase::Error);
  CHECK_FALSE(is_unobservable(late));
}

TEST_CASE("no source is asked where none may be", "[web][prometheus]") {
  const auto elsewhere = net::AddressPattern::parse("10.0.0.0/8");
  REQUIRE(elsewhere);
  SourceStage stage(net::AddressRule::only({*elsewhere}));
  const auto web = stage.measure("web", {{"url", stage.url("/stats?token=x")}}, "result > 0.9");
  const Json query = {{"address", stage.url("")}, {"query", "up"}};
  const auto prometheus = stage.measure("prometheus", query, "result[0] > 0.9");
  for (const auto& said : {web, prometheus}) {
    CHECK(said.phase == crds::AnalysisPhase::Error);
    CHECK_FALSE(is_unobservable(said));
    CHECK_THAT(said.message,
               Contains("--metric-addresses") && Contains("is not allowed") && !Contains("token"));
  }
  CHECK(stage.handler.asked.empty());
}

TEST_CASE("an address where none may be asked is a problem of the template", "[web][prometheus]") {
  const auto inside = net::AddressPattern::parse("10.0.0.0/8");
  const auto named = net::AddressPattern::parse("*.svc:9090");
  REQUIRE((inside && named));
  const SourceStage stage(net::AddressRule::only({*inside, *named}));

  struct Row {
    const char* url;
    const char* refused;  ///< Empty: not said before it is asked.
  };

  const Row rows[] = {
      {"http://169.254.169.254/latest?x=s3cret", "169.254.169.254:80"},
      {"https://[::1]:9090", "[::1]:9090"},
      {"http://127.0.0.1:{{args.port}}", ""},
      {"http://127.0.0.1/{{args.path}}", "127.0.0.1:80"},
      {"http://{{args.host}}:80/", ""},
      {"http://10.1.2.3:80/", ""},
      {"http://somewhere:80/", ""},
      {"http://shop.svc:9090/", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const auto said = [&](const char* kind, const Json& config) {
      const auto provider = stage.registry.find(kind);
      REQUIRE(provider);
      std::string all;
      for (const auto& problem : (*provider)->check(make_json_text(dump_json(config)), "p"))
        all += problem.sentence();
      return all;
    };
    const auto expected = [&row](const std::string& field) {
      const std::string refused = row.refused;
      return refused.empty() ? ""
                             : "p." + field + ": --metric-addresses: the address " + refused +
                                   " is not allowed";
    };
    const std::string base = std::string(row.url).substr(0, std::string(row.url).find('?'));
    CHECK(said("web", {{"url", row.url}}) == expected("url"));
    CHECK(said("prometheus", {{"query", "up"}, {"address", base}}) == expected("address"));
    const Json token = {{"tokenUrl", row.url}, {"clientId", "a"}, {"clientSecret", "b"}};
    CHECK(said("web", {{"url", "http://a"}, {"authentication", {{"oauth2", token}}}}) ==
          expected("authentication.oauth2.tokenUrl"));
  }
}

TEST_CASE("metadata servers of clouds are asked only where somebody says so", "[http_source]") {
  struct Row {
    const char* address;
    bool asked;
  };

  const Row rows[] = {{"169.254.169.254", false}, {"::ffff:169.254.169.254", false},
                      {"fe80::1", false},         {"fd00:ec2::254", false},
                      {"100.100.100.200", false}, {"127.0.0.1", true},
                      {"10.1.2.3", true},         {"fd00::1", true},
                      {"93.184.216.34", true}};
  for (const Row& row : rows) {
    CAPTURE(row.address);
    const auto address = net::asio::ip::make_address(row.address);
    CHECK(default_reach().allowed("shop", {{address, 80}}).has_value() == row.asked);
  }
}

}  // namespace
}  // namespace sluice::analysis
