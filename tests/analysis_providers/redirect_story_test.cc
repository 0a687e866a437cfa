// Redirects of metric sources over real sockets, from one server of this process to another.

#include "analysis/judge.h"
#include "analysis/providers/http_source.h"
#include "analysis/providers/redirect.h"
#include "tests/analysis_providers/source_stage.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sluice::analysis {
namespace {

using Catch::Matchers::Contains;

net::HttpResponse redirect(int status, const std::string& location) {
  return {.status = status, .headers = {{"Location", location}}, .body = {}};
}

Json guarded(const std::string& url) {
  return {{"url", url},
          {"headers", Json::array({{{"key", "X-Token"}, {"value", "hunter2"}}})},
          {"authentication", {{"basicAuth", {{"username", "user"}, {"password", "pass"}}}}}};
}

TEST_CASE("a redirect within a server is followed with all that was sent", "[redirect]") {
  SourceStage stage;
  stage.handler.answer("/old", redirect(302, "new?page=1"));
  stage.handler.answer("/new", {.status = 200, .body = "0.97"});
  const auto said = stage.measure("web", guarded(stage.url("/old?window=1m")), "result > 0.9");
  CHECK(said.phase == crds::AnalysisPhase::Successful);
  REQUIRE(stage.handler.asked.size() == 2);
  const net::ServerRequest& asked = stage.handler.asked.back();
  CHECK(asked.query == "page=1");
  CHECK(asked.headers.get("X-Token") == "hunter2");
  CHECK(asked.headers.get("Authorization") == "Basic dXNlcjpwYXNz");
}

TEST_CASE("another server is told no secret, and nor is who it sends on to", "[redirect]") {
  SourceStage stage;
  stage.handler.answer("/old", redirect(302, stage.url_elsewhere("/hop")));
  stage.elsewhere.answer("/hop", redirect(302, stage.url("/new")));
  stage.handler.answer("/new", {.status = 200, .body = "0.97"});
  const auto said = stage.measure("web", guarded(stage.url("/old")), "result > 0.9");
  CHECK(said.phase == crds::AnalysisPhase::Successful);
  REQUIRE(stage.elsewhere.asked.size() == 1);
  REQUIRE(stage.handler.asked.size() == 2);
  for (const auto& asked : {stage.elsewhere.asked.front(), stage.handler.asked.back()}) {
    CHECK(asked.headers.find("Authorization") == nullptr);
    CHECK(asked.headers.find("X-Token") == nullptr);
  }
}

TEST_CASE("a long query of Prometheus is redirected with its form", "[redirect][prometheus]") {
  SourceStage stage;
  stage.handler.answer("/api/v1/query", redirect(308, "/prometheus/api/v1/query"));
  stage.handler.answer(
      "/prometheus/api/v1/query",
      {.status = 200,
       .body = R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})"});
  const std::string query = "scalar(up{of=\"" + std::string(3'000, 'x') + "\"})";
  const Json config = {{"address", stage.url("")}, {"query", query}};
  CHECK(stage.measure("prometheus", config, "result == 1").phase ==
        crds::AnalysisPhase::Successful);
  CHECK(stage.handler.asked.back().method == "POST");
  CHECK(stage.handler.asked.back().body == stage.handler.asked.front().body);
}

TEST_CASE("redirects are bounded, and what goes wrong says where", "[redirect]") {
  SourceStage stage;
  stage.handler.answer("/round", redirect(302, "/round?token=x"));
  const auto said = stage.measure("web", {{"url", stage.url("/round")}}, "result > 0.9");
  CHECK(is_unobservable(said));
  CHECK(said.message ==
        fmt::format("GET {0}: more than 5 redirects, the last to {0}", stage.url("/round")));
  CHECK(stage.handler.asked.size() == kRedirectsMax + 1);

  stage.handler.answer("/gone", redirect(302, "http://127.0.0.1:1/there?token=x"));
  const auto gone = stage.measure("web", {{"url", stage.url("/gone")}}, "result > 0.9");
  CHECK(is_unobservable(gone));
  CHECK_THAT(gone.message, Contains(stage.url("/gone") + ": redirected") &&
                               Contains("http://127.0.0.1:1/there") && !Contains("token"));
}

TEST_CASE("a redirect leads to no address that may not be asked", "[redirect]") {
  const auto named = net::AddressPattern::parse("localhost");
  REQUIRE(named);
  SourceStage stage(net::AddressRule::only({*named}));
  const std::string port = stage.url("").substr(std::string_view("http://127.0.0.1").size());
  stage.handler.answer("/out", redirect(302, stage.url_elsewhere("/stats")));
  const auto said =
      stage.measure("web", {{"url", "http://localhost" + port + "/out"}}, "result > 0.9");
  CHECK(said.phase == crds::AnalysisPhase::Error);
  CHECK_THAT(said.message, Contains("--metric-addresses") &&
                               Contains(stage.url_elsewhere("/stats")) &&
                               Contains("is not allowed"));
  CHECK(stage.handler.asked.size() == 1);
  CHECK(stage.elsewhere.asked.empty());
}

}  // namespace
}  // namespace sluice::analysis
