// Questions that are signed, over real sockets: what a server gets is what was signed.

#include "analysis/judge.h"
#include "analysis/providers/sigv4.h"
#include "tests/analysis_providers/source_stage.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace sluice::analysis {
namespace {

using Catch::Matchers::Contains;

const AwsCredentials kShopCredentials{.access_key_id = "AKSHOP",
                                      .secret_access_key = "s3cret-of-shop",
                                      .session_token = "t0ken-of-shop"};

/// Signs what came once more, and answers 1 where that gives what was shown, else 403.
class SigningStage : public SourceStage {
 public:
  explicit SigningStage(std::string region = "eu-west-1")
      : SourceStage({}, {.credentials = kShopCredentials, .region = region}),
        scope_{.region = std::move(region), .service = "aps"} {
    for (const char* path : {"/stats", "/ws/api/v1/query"})
      handler.script(path, [this](const net::ServerRequest& request) { return answer(request); });
  }

  crds::Measurement ask_web(const std::string& path, const Json& authentication) {
    const Json config = {{"url", url(path)}, {"authentication", {{"sigv4", authentication}}}};
    return measure("web", config, "result == 1");
  }

  crds::Measurement ask_prometheus(const Json& authentication, const std::string& query = "up") {
    const Json config = {{"address", url("/ws")},
                         {"query", query},
                         {"headers", {{{"key", "X-Tenant"}, {"value", "shop  eu"}}}},
                         {"authentication", {{"sigv4", authentication}}}};
    return measure("prometheus", config, "result == 1");
  }

 private:
  net::HttpResponse answer(const net::ServerRequest& request) const {
    net::HttpRequest seen{.method = request.method,
                          .url = url(request.path + "?" + request.query),
                          .headers = {},
                          .body = request.body};
    for (const net::Header& header : request.headers) {
      const bool is_signed =
          header.name == "Host" || header.name == "X-Tenant" || header.name == "Content-Type";
      if (is_signed) seen.headers.add(header.name, header.value);
    }
    std::string day = request.headers.get("X-Amz-Date");
    day.insert(13, ":").insert(11, ":").insert(6, "-").insert(4, "-");
    const auto expected = sign_v4(seen, kShopCredentials, scope_, *parse_time(day));
    if (!expected || expected->get("Authorization") != request.headers.get("Authorization") ||
        request.headers.get("X-Amz-Security-Token") != kShopCredentials.session_token)
      return {.status = 403, .headers = {}, .body = "another signature"};
    if (request.path == "/stats") return {.status = 200, .headers = {}, .body = "1"};
    return {.status = 200,
            .headers = {},
            .body = R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})"};
  }

  SigningScope scope_;
};

TEST_CASE("a server gets what was signed", "[sigv4]") {
  SigningStage stage;
  const Json here = {{"region", "eu-west-1"}};
  CHECK(stage.ask_web("/stats?of=a b&of=%20&x", here).phase == crds::AnalysisPhase::Successful);
  CHECK(stage.ask_prometheus(here, R"(sum(rate(x{a="b c"}[1m])) + 1)").phase ==
        crds::AnalysisPhase::Successful);
  const std::string longer_than_a_url(3'000, 'x');
  CHECK(stage.ask_prometheus(here, longer_than_a_url).phase == crds::AnalysisPhase::Successful);
  CHECK(stage.handler.asked.back().method == "POST");
}

TEST_CASE("the region is the metric's, else that of the controller's surroundings", "[sigv4]") {
  SigningStage stage;
  const Json without = {{"region", ""}, {"profile", ""}};
  CHECK(stage.ask_web("/stats", without).phase == crds::AnalysisPhase::Successful);
  CHECK_THAT(stage.ask_web("/stats", {{"region", "us-east-1"}}).message,
             Contains("HTTP 403: another signature"));

  SigningStage nowhere("");
  const auto unsigned_ = nowhere.ask_web("/stats", without);
  CHECK(is_unobservable(unsigned_));
  CHECK(unsigned_.message ==
        "authentication.sigv4: neither `region` nor AWS_REGION names a region");
  CHECK(nowhere.handler.asked.empty());
}

TEST_CASE("each server on the way gets a signature of its own request, others none", "[sigv4]") {
  SigningStage stage;
  stage.handler.script("/moved", [&stage](const net::ServerRequest&) {
    return net::HttpResponse{
        .status = 302, .headers = {{"Location", stage.url("/stats?b=2&a=1")}}, .body = {}};
  });
  stage.handler.script("/away", [&stage](const net::ServerRequest&) {
    return net::HttpResponse{
        .status = 302, .headers = {{"Location", stage.url_elsewhere("/echo")}}, .body = {}};
  });
  CHECK(stage.ask_web("/moved", {{"region", "eu-west-1"}}).phase ==
        crds::AnalysisPhase::Successful);
  stage.ask_web("/away", {{"region", "eu-west-1"}});
  REQUIRE(stage.elsewhere.asked.size() == 1);
  for (const char* name : {"Authorization", "X-Amz-Date", "X-Amz-Security-Token"})
    CHECK(stage.elsewhere.asked.front().headers.find(name) == nullptr);
}

TEST_CASE("neither keys nor signatures are in what is kept", "[sigv4]") {
  SigningStage stage;
  const auto shown = stage.ask_web("/echo", {{"region", "eu-west-1"}});
  CHECK_THAT(shown.value, Contains(R"("X-Amz-Security-Token":"*****")") &&
                              Contains(R"("Authorization":"*****")"));
  stage.handler.script("/refuses", [](const net::ServerRequest&) {
    return net::HttpResponse{
        .status = 403, .headers = {}, .body = "who is s3cret-of-shop t0ken-of-shop"};
  });
  CHECK_THAT(stage.ask_web("/refuses", {{"region", "eu-west-1"}}).message,
             Contains("HTTP 403: who is ***** *****"));
}

TEST_CASE("who has no keys has asked nothing", "[sigv4]") {
  SigningStage stage;
  const auto keyless = stage.ask_web("/stats", {{"region", "eu"}, {"profile", "shop"}});
  CHECK(is_unobservable(keyless));
  CHECK(keyless.message ==
        "authentication.sigv4: neither AWS_SHARED_CREDENTIALS_FILE nor HOME names a file");
  CHECK(stage.handler.asked.empty());
}

}  // namespace
}  // namespace sluice::analysis
