#include "analysis/arguments.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::analysis {
namespace {

const StringMap kValues{{"service", "shop"}, {"quote", "a\"b\\c\nd"}, {"limit", "0.95"}};

TEST_CASE("arguments are put in for their tags", "[arguments]") {
  CHECK(substitute("{{args.service}}-{{ args.service }}", kValues) == "shop-shop");
  CHECK(substitute("no tags {here}", kValues) == "no tags {here}");
  CHECK(substitute("open {{args.service", kValues) == "open {{args.service");
  CHECK(substitute("result >= {{args.limit}}", kValues) == "result >= 0.95");
  CHECK(substitute("{{args.nested}}", {{"nested", "{{args.nested}}"}}) == "{{args.nested}}");
}

TEST_CASE("tags that cannot be resolved are errors", "[arguments]") {
  const auto missing = substitute("{{args.pod}}", kValues);
  REQUIRE_FALSE(missing);
  CHECK(missing.error() == invalid("args.pod was not resolved"));
  const auto other = substitute("{{ pod }}", kValues);
  REQUIRE_FALSE(other);
  CHECK(other.error() == invalid("{{pod}} is not of the form {{args.NAME}}"));
}

TEST_CASE("values stay inside their JSON string", "[arguments]") {
  const auto text = substitute_json(R"({"query": "x{{args.quote}}y"})", kValues);
  REQUIRE(text);
  const auto json = parse_json(*text);
  REQUIRE(json);
  CHECK(string_at(*json, "query") == "xa\"b\\c\ndy");
}

TEST_CASE("every field of a metric takes arguments", "[arguments]") {
  crds::Metric metric;
  metric.name = "rate-{{args.service}}";
  metric.interval = "{{args.interval}}";
  metric.count = "{{args.count}}";
  metric.failure_limit = "{{args.count}}";
  metric.success_condition = "result[0] >= {{args.limit}}";
  metric.provider = {"prometheus", make_json_text(R"({"query":"up{job=\"{{args.service}}\"}"})")};
  StringMap values = kValues;
  values["interval"] = "30s";
  values["count"] = "3";
  const auto resolved = substitute_metric(metric, values);
  REQUIRE(resolved);
  CHECK(resolved->name == "rate-shop");
  CHECK(resolved->interval == "30s");
  CHECK(resolved->count == "3");
  CHECK(resolved->failure_limit == "3");
  CHECK(resolved->success_condition == "result[0] >= 0.95");
  CHECK(string_at(*parse_json(*resolved->provider.config), "query") == "up{job=\"shop\"}");
}

TEST_CASE("secrets become values and are struck from texts", "[arguments]") {
  crds::Argument plain{.name = "service", .value = "shop", .value_from = {}};
  crds::Argument secret{.name = "token", .value = {}, .value_from = crds::ArgumentSource{}};
  secret.value_from->secret_name = "web";
  secret.value_from->secret_key = "key";
  const std::vector<crds::Argument> args{plain, secret};
  CHECK(referenced_secrets(args) ==
        std::vector<std::pair<std::string, std::string>>{{"web", "key"}});

  const auto values = argument_values(args, [](std::string_view, std::string_view) {
    return std::optional<std::string>("s3\"cret");
  });
  REQUIRE(values);
  CHECK(values->values.at("token") == "s3\"cret");
  CHECK(values->secrets == std::vector<std::string>{"s3\"cret"});

  const auto missing =
      argument_values(args, [](std::string_view, std::string_view) { return std::nullopt; });
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == "args.token: there is no secret \"web\" with a key \"key\"");
  CHECK_FALSE(argument_values({{.name = "x", .value = {}, .value_from = {}}}, {}));
}

TEST_CASE("referenced arguments are listed", "[arguments]") {
  CHECK(referenced_arguments("{{args.a}} {{b}} {{ args.c }}") ==
        std::vector<std::string>{"a", "c"});
}

}  // namespace
}  // namespace sluice::analysis
