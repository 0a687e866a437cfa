#include "crds/freeze.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::crds;

namespace {

const SystemTime kMade = *parse_time("2026-11-27T18:00:00Z");

Freeze read(const char* data, const std::string& namespace_ = "shop") {
  ObjectMeta meta;
  meta.namespace_ = namespace_;
  meta.creation_timestamp = kMade;
  return decode_freeze(meta, Json::parse(data));
}

}  // namespace

TEST_CASE("a freeze says who, since when, where and why") {
  const Freeze freeze =
      read(R"({"data": {"reason": "sale", "by": "ann", "since": "2026-11-26T08:00:00Z"}})");
  CHECK(freeze.to_string() == "frozen by ann since 2026-11-26T08:00:00Z (namespace shop): sale");
  CHECK(freeze.problem.empty());
  const Freeze everywhere = read(R"({"data": {"reason": "sale"}})", "kube-system");
  CHECK(everywhere.to_string() == "frozen since 2026-11-27T18:00:00Z (all namespaces): sale");
}

TEST_CASE("a freeze that cannot be understood is one all the same, and says what is wrong") {
  struct Case {
    const char* data;
    const char* problem;
  };

  const auto [data, problem] = GENERATE(values<Case>({
      {R"({})", "data.reason: says why"},
      {R"({"data": null})", "data.reason: says why"},
      {R"({"data": {"reason": ""}})", "data.reason: says why"},
      {R"({"data": {"reason": " \n "}})", "data.reason: says why"},
      {R"({"data": {"reason": "sale", "since": "tomorrow"}})", "data.since: \"tomorrow\""},
      {R"({"data": {"reason": "sale", "until": "monday"}})", "data.until: a freeze has reason"},
      {R"({"data": "sale"})", "data.reason: says why"},
      {R"({"data": {"reason": "sale", "since": "2027-01-01T00:00:00Z"}})",
       "data.since: \"2027-01-01T00:00:00Z\" is later than when it was made"},
  }));
  const Freeze freeze = read(data);
  INFO(freeze.to_string());
  CHECK(freeze.problem.starts_with(problem));
  CHECK(freeze.since == kMade);
  CHECK(freeze.to_string().find("[ConfigMap shop/sluice-freeze: " + std::string(problem)) !=
        std::string::npos);
}

TEST_CASE("a freeze is shown in one line, and commands no terminal") {
  const Freeze freeze = read(R"({"data": {"reason": "a\n\u001b[31mred", "by": "an\u0007n",
                                          "un\u001btil": "x"}})");
  CHECK(freeze.reason == "a  [31mred");
  CHECK(freeze.by == "an n");
  CHECK(freeze.problem.starts_with("data.un til:"));
}

TEST_CASE("what is written of a freeze is read again") {
  Freeze freeze{.namespace_ = "shop",
                .by = "ann",
                .reason = "sale",
                .since = kMade,
                .also = "by bob: incident",
                .problem = ""};
  CHECK(read(encode_freeze(freeze).dump().c_str()) == freeze);
  freeze.since = {};
  CHECK_FALSE(encode_freeze(freeze)["data"].contains("since"));
}

TEST_CASE("a freeze began no later than it was made, by whichever clock") {
  const Freeze ahead = read(R"({"data": {"reason": "sale", "since": "2026-11-27T18:02:00Z"}})");
  CHECK(ahead.since == kMade);
  CHECK(ahead.problem.empty());
}

TEST_CASE("who joins a freeze is told of, once") {
  Freeze freeze = read(R"({"data": {"reason": "sale", "by": "ann"}})");
  CHECK_FALSE(joined_freeze(freeze, "ann", "sale"));
  freeze.also = joined_freeze(freeze, "bob", "incident").value();
  CHECK_FALSE(joined_freeze(freeze, "bob", "incident"));
  freeze.also = joined_freeze(freeze, "ann", "audit").value();
  CHECK(freeze.to_string() ==
        "frozen by ann since 2026-11-27T18:00:00Z (namespace shop): sale; also by bob: incident; "
        "by ann: audit");
}
