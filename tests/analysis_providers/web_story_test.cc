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

}  // namespace
}  // namespace sluice::analysis
