// Sources that ask in their own name, over real sockets: one server gives tokens out, another one
// wants to see them.

#include "analysis/judge.h"
#include "tests/analysis_providers/source_stage.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>

namespace sluice::analysis {
namespace {

using Catch::Matchers::Contains;

constexpr const char* kSecret = "hunter2-and-more";

/// Gives out tok3n-1, tok3n-2, …; the source takes those that are good.
class TokenStage : public SourceStage {
 public:
  TokenStage() {
    elsewhere.script("/token", [this](const net::ServerRequest& request) { return give(request); });
    for (const char* path : {"/stats", "/api/v1/query"})
      handler.script(path, [this](const net::ServerRequest& request) { return answer(request); });
  }

  Json authentication(const char* scope = "metrics") const {
    return {{"oauth2",
             {{"tokenUrl", url_elsewhere("/token")},
              {"clientId", "shop"},
              {"clientSecret", "{{args.secret}}"},
              {"scopes", Json::array({scope})}}}};
  }

  crds::Measurement ask_web(const Json& authentication) {
    const Json config = {{"url", url("/stats")}, {"authentication", authentication}};
    return measure("web", config, "result == 1", values);
  }

  crds::Measurement ask_prometheus(const Json& authentication) {
    const Json config = {
        {"address", url("")}, {"query", "scalar(up)"}, {"authentication", authentication}};
    return measure("prometheus", config, "result == 1", values);
  }

  ArgumentValues values{{{"secret", kSecret}}, {kSecret}};
  int given = 0;
  int expires_in = 3'600;  // seconds
  bool wants_form = false;
  std::set<std::string> revoked;

 private:
  net::HttpResponse give(const net::ServerRequest& request) {
    const bool in_header =
        request.headers.get("Authorization") == "Basic c2hvcDpodW50ZXIyLWFuZC1tb3Jl";
    const bool in_form = request.body.contains(std::string("client_secret=") + kSecret);
    if (!(wants_form ? in_form : in_header))
      return {.status = 401, .headers = {}, .body = R"({"error":"invalid_client"})"};
    return {.status = 200,
            .headers = {},
            .body = fmt::format(
                R"({{"access_token":"tok3n-{}","token_type":"Bearer","expires_in":{}}})", ++given,
                expires_in)};
  }

  net::HttpResponse answer(const net::ServerRequest& request) const {
    const std::string shown = request.headers.get("Authorization");
    if (!shown.starts_with("Bearer tok3n-") || revoked.contains(shown))
      return {.status = 401, .headers = {}, .body = "refused: " + shown};
    if (request.path == "/stats") return {.status = 200, .headers = {}, .body = "1"};
    return {.status = 200,
            .headers = {},
            .body = R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})"};
  }
};

TEST_CASE("metrics with the same settings share a token while it is good", "[oauth2]") {
  TokenStage stage;
  const Json authentication = stage.authentication();
  for (int i = 0; i < 2; ++i) {
    CHECK(stage.ask_web(authentication).phase == crds::AnalysisPhase::Successful);
    CHECK(stage.ask_prometheus(authentication).phase == crds::AnalysisPhase::Successful);
  }
  CHECK(stage.given == 1);
  CHECK(stage.elsewhere.asked.front().body == "grant_type=client_credentials&scope=metrics");
  CHECK(stage.ask_web(stage.authentication("others")).phase == crds::AnalysisPhase::Successful);
  CHECK(stage.given == 2);
}

TEST_CASE("measurements that begin at once fetch one token between them", "[oauth2]") {
  TokenStage stage;
  const Json config = {{"url", stage.url("/stats")}, {"authentication", stage.authentication()}};
  const auto ask = [&] {
    return stage.measure_at_once(5, "web", config, "result == 1", stage.values);
  };
  for (const auto& one : ask()) CHECK(one.phase == crds::AnalysisPhase::Successful);
  CHECK(stage.given == 1);

  stage.revoked = {"Bearer tok3n-1"};
  for (const auto& one : ask()) CHECK(one.phase == crds::AnalysisPhase::Successful);
  CHECK(stage.given == 2);
}

TEST_CASE("a refusal of the token server is for all who wait for the token", "[oauth2]") {
  TokenStage stage;
  stage.elsewhere.answer("/token", {.status = 403, .headers = {}, .body = R"({"error":"no"})"});
  const Json config = {{"url", stage.url("/stats")}, {"authentication", stage.authentication()}};
  for (const auto& one : stage.measure_at_once(3, "web", config, "result == 1", stage.values))
    CHECK_THAT(one.message, Contains("HTTP 403: no"));
  CHECK(stage.elsewhere.asked.size() == 1);
}

TEST_CASE("a token that has expired is not shown", "[oauth2]") {
  TokenStage stage;
  stage.expires_in = 0;
  for (int i = 0; i < 2; ++i)
    CHECK(stage.ask_web(stage.authentication()).phase == crds::AnalysisPhase::Successful);
  CHECK(stage.given == 2);
  CHECK(stage.handler.asked.size() == 2);
}

TEST_CASE("a kept token that is refused is replaced once", "[oauth2]") {
  TokenStage stage;
  CHECK(stage.ask_web(stage.authentication()).phase == crds::AnalysisPhase::Successful);
  stage.revoked = {"Bearer tok3n-1"};
  CHECK(stage.ask_web(stage.authentication()).phase == crds::AnalysisPhase::Successful);
  CHECK(stage.given == 2);
  stage.revoked = {"Bearer tok3n-2", "Bearer tok3n-3"};
  const auto refused = stage.ask_web(stage.authentication());
  CHECK(stage.given == 3);
  CHECK(refused.phase == crds::AnalysisPhase::Error);
  CHECK_THAT(refused.message, Contains("HTTP 401: refused: Bearer *****") && !Contains("tok3n"));
}

TEST_CASE("a server that wants the secret in the form gets it there", "[oauth2]") {
  TokenStage stage;
  stage.wants_form = true;
  CHECK(stage.ask_web(stage.authentication()).phase == crds::AnalysisPhase::Successful);
  CHECK(stage.given == 1);
}

TEST_CASE("a token stays with the server that it is for", "[oauth2]") {
  TokenStage stage;
  stage.handler.script("/stats", [&stage](const net::ServerRequest&) {
    return net::HttpResponse{
        .status = 302, .headers = {{"Location", stage.url_elsewhere("/echo")}}, .body = {}};
  });
  stage.ask_web(stage.authentication());
  REQUIRE(stage.elsewhere.asked.size() == 2);
  CHECK(stage.elsewhere.asked.back().path == "/echo");
  CHECK(stage.elsewhere.asked.back().headers.find("Authorization") == nullptr);
}

TEST_CASE("neither token nor secret is in what is kept", "[oauth2]") {
  TokenStage stage;
  const Json authentication = stage.authentication();
  const Json echo = {{"url", stage.url("/echo")}, {"authentication", authentication}};
  const auto shown = stage.measure("web", echo, "result.method == 'GET'", stage.values);
  CHECK(shown.phase == crds::AnalysisPhase::Successful);
  CHECK_THAT(shown.value, Contains("Bearer *****") && !Contains("tok3n"));

  // What is sent to the token server may come back in its refusal; the secret need be no Secret.
  stage.elsewhere.script("/token", [](const net::ServerRequest& request) {
    return net::HttpResponse{
        .status = 403, .headers = {}, .body = request.headers.get("Authorization") + request.body};
  });
  stage.values.secrets.clear();
  const auto refused = stage.ask_web(stage.authentication("others"));
  CHECK(refused.phase == crds::AnalysisPhase::Error);
  CHECK_THAT(
      refused.message,
      Contains("authentication.oauth2: POST " + stage.url_elsewhere("/token") + ": HTTP 403") &&
          !Contains("hunter2") && !Contains("aHVudGVyM") && !Contains("odW50ZXIy"));
}

TEST_CASE("a token server that is away says nothing about the revision", "[oauth2]") {
  TokenStage stage;
  Json authentication = stage.authentication();
  authentication["oauth2"]["tokenUrl"] = "http://127.0.0.1:1/token";
  const auto away = stage.ask_web(authentication);
  CHECK(is_unobservable(away));
  CHECK_THAT(away.message, Contains("authentication.oauth2: POST http://127.0.0.1:1/token"));
  CHECK(stage.handler.asked.empty());
}

}  // namespace
}  // namespace sluice::analysis
