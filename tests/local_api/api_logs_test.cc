#include "local/api/api_logs.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::local;

namespace {

const Json kPod = {{"metadata", {{"name", "p"}}},
                   {"spec", {{"containers", {{{"name", "app"}}, {{"name", "side"}}}}}}};
const Json kSingle = {{"metadata", {{"name", "p"}}},
                      {"spec", {{"containers", {{{"name", "app"}}}}}}};

const SystemTime kNow = *parse_time("2026-01-02T03:04:05Z");

}  // namespace

TEST_CASE("the only container is picked, one of several must be named") {
  CHECK(pod_log_query(kSingle, "", kNow)->container == "app");
  CHECK(pod_log_query(kPod, "container=side", kNow)->container == "side");
  CHECK(pod_log_query(kPod, "", kNow).error().message ==
        "a container name must be specified for pod p, choose one of: [app side]");
  CHECK(pod_log_query(kPod, "container=no", kNow).error().message ==
        "container no is not valid for pod p");
}

TEST_CASE("the parameters of a log say how much of it is wanted") {
  const auto query = pod_log_query(
      kSingle, "follow=true&previous=1&timestamps=false&tailLines=5&limitBytes=9&sinceSeconds=5",
      kNow);
  REQUIRE(query);
  CHECK(query->follow);
  CHECK(query->previous);
  CHECK_FALSE(query->timestamps);
  CHECK(query->tail_lines == 5);
  CHECK(query->limit_bytes == 9);
  CHECK(format_time(*query->since) == "2026-01-02T03:04:00Z");
  CHECK(pod_log_query(kSingle, "sinceSeconds=9223372036854775807", kNow)->since == SystemTime());
  for (const char* less : {"tailLines=-1", "limitBytes=-1", "sinceSeconds=-1"})
    CHECK(pod_log_query(kSingle, less, kNow).error().code == 400);
  CHECK(pod_log_query(kSingle, "tailLines=x", kNow).error().code == 400);
  CHECK(pod_log_query(kSingle, "sinceTime=x", kNow).error().code == 400);
}
