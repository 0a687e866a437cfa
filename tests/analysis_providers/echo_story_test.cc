// Servers that answer with what they were sent, in encodings of their own, over real sockets: no
// secret is in what a measurement keeps.

#include "tests/analysis_providers/source_stage.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace sluice::analysis {
namespace {

using Catch::Matchers::Contains;

constexpr const char* kToken = "s3@cret/+&";

TEST_CASE("no secret comes back in an error, however a server writes it", "[echo]") {
  const char* body = GENERATE(R"({"error":"bad token s3\u0040cret\/\u002b\u0026"})",
                              "<p>bad token s3&#64;cret&#x2F;&#43;&amp;</p>",
                              "bad token in /login?back=%2Fstats%3Ft%3Ds3%2540cret%252F%252B%2526",
                              "bad token s3%40cret%2F%2B%26",
                              "bad token czNAY3JldC8rJg==", R"(bad token "s3\\u0040cret\\/+&")");
  CAPTURE(body);
  SourceStage stage;
  stage.handler.answer("/stats", {.status = 401, .body = body});
  stage.handler.answer("/api/v1/query", {.status = 401, .body = body});
  const ArgumentValues values{{{"token", kToken}}, {kToken}};
  const Json headers =
      Json::array({{{"key", "Authorization"}, {"value", "Bearer {{args.token}}"}}});
  const Json web = {{"url", stage.url("/stats")}, {"headers", headers}};
  const Json prometheus = {{"address", stage.url("")}, {"query", "up"}, {"headers", headers}};
  for (const auto& [kind, config] : {std::pair{"web", web}, std::pair{"prometheus", prometheus}}) {
    const auto said = stage.measure(kind, config, "result == 1", values);
    CHECK(said.phase == crds::AnalysisPhase::Error);
    CHECK_THAT(said.message, Contains("HTTP 401") && Contains("*****") && !Contains("cret") &&
                                 !Contains("czNAY3"));
  }
  CHECK(stage.handler.asked.front().headers.get("Authorization") ==
        std::string("Bearer ") + kToken);
}

TEST_CASE("no secret comes back as a value", "[echo]") {
  SourceStage stage;
  const ArgumentValues values{{{"token", kToken}}, {kToken}};
  const Json config = {{"url", stage.url("/echo?t={{args.token}}")},
                       {"method", "POST"},
                       {"jsonBody", {{"token", "{{args.token}}"}}}};
  const auto said = stage.measure("web", config, "result.method == 'POST'", values);
  CHECK(said.phase == crds::AnalysisPhase::Successful);
  CHECK_THAT(said.value, Contains("*****") && !Contains("cret"));
}

}  // namespace
}  // namespace sluice::analysis
