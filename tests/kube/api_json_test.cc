#include "kube/api_json.h"

#include "kube/api_watch.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace sluice::kube {
namespace {

constexpr const char* kRollout = R"({
  "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
  "metadata": {
    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"spec\":{}}",
                    "team": "shop"},
    "managedFields": [{"manager": "argocd", "time": "2026-11-21T10:00:05Z",
                       "fieldsV1": {"f:spec": {"f:steps": [1, {"f:x": {}}]}}}],
    "name": "shop", "resourceVersion": "7"},
  "spec": {"steps": [{"setWeight": 20}, [], {}, null, 1.5, -2, true]}})";

std::string line(const char* type) {
  return std::string(R"({"type":")") + type + R"(","object":)" + Json::parse(kRollout).dump() + "}";
}

}  // namespace

TEST_CASE("a lean reading leaves out what only API servers and kubectl read", "[api_json]") {
  Json expected = Json::parse(kRollout);
  CHECK(*parse_api_json(kRollout) == expected);
  CHECK(*parse_api_json(kRollout, {}) == expected);
  expected["metadata"]["annotations"].erase("kubectl.kubernetes.io/last-applied-configuration");
  expected["metadata"]["managedFields"][0].erase("fieldsV1");
  CHECK(*parse_api_json(kRollout, {.lean = true}) == expected);
}

TEST_CASE("a lean reading says what is wrong, and where", "[api_json]") {
  for (const char* text : {"", "{", R"({"a":})", R"({"fieldsV1":{"a"}})", "[1,2] 3"}) {
    const auto read = parse_api_json(text, {.lean = true});
    INFO(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::Invalid);
    CHECK(read.error().message == parse_api_json(text).error().message);
  }
}

TEST_CASE("of an event whose version is known the version is read alone", "[api_json]") {
  const ApiReading reading{.lean = true,
                           .known = [](std::string_view version) { return version == "7"; }};
  const auto known = parse_watch_line(line("MODIFIED"), nullptr, reading);
  REQUIRE(known);
  CHECK((*known)->type == WatchEventType::Bookmark);
  CHECK((*known)->object.meta.resource_version == "7");

  const auto gone = parse_watch_line(line("DELETED"), nullptr, reading);
  REQUIRE(gone);
  CHECK((*gone)->type == WatchEventType::Deleted);
  CHECK((*gone)->object.meta.name == "shop");

  const ApiReading other{.lean = true,
                         .known = [](std::string_view version) { return version == "8"; }};
  const auto news = parse_watch_line(line("MODIFIED"), nullptr, other);
  REQUIRE(news);
  CHECK((*news)->type == WatchEventType::Modified);
  CHECK((*news)->object.meta.name == "shop");
}

}  // namespace sluice::kube
