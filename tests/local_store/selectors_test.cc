#include "local/store/selectors.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

TEST_CASE("label selectors match as written", "[selectors]") {
  struct Case {
    std::string selector;
    StringMap labels;
    bool matches;
  };

  const StringMap shop = {{"app", "shop"}, {"tier", "web"}, {"n", "3"}};
  const Case cases[] = {
      {"", shop, true},
      {"app=shop", shop, true},
      {"app==shop", shop, true},
      {"app = shop , tier = web", shop, true},
      {"app=other", shop, false},
      {"app!=other", shop, true},
      {"absent!=other", shop, true},
      {"app", shop, true},
      {"absent", shop, false},
      {"!absent", shop, true},
      {"!app", shop, false},
      {"tier in (web,api)", shop, true},
      {"tier in (api)", shop, false},
      {"tier notin (api)", shop, true},
      {"absent notin (api)", shop, true},
      {"tier notin (web)", shop, false},
      {"n>2", shop, true},
      {"n<3", shop, false},
      {"app>2", shop, false},
      {"app=", {{"app", ""}}, true},
      {"example.com/role=x", {{"example.com/role", "x"}}, true},
      {"in=notin", {{"in", "notin"}}, true},
  };
  for (const Case& row : cases) {
    INFO(row.selector);
    const auto selector = parse_label_selector(row.selector);
    REQUIRE(selector.has_value());
    CHECK(matches(*selector, row.labels) == row.matches);
  }
}

TEST_CASE("a broken label selector is 400 in the real server's words", "[selectors]") {
  const std::pair<std::string, std::string> cases[] = {
      {"a===b", "unable to parse requirement: found '=', expected: identifier"},
      {"=b", "unable to parse requirement: found '=', expected: identifier"},
      {"a in b", "unable to parse requirement: found 'b' expected: '('"},
      {"a in (b", "unable to parse requirement: found '', expected: ',' or ')'"},
      {"a,", "unable to parse requirement: found '', expected: identifier after ','"},
      {"a=b/c",
       "unable to parse requirement: values[0][a]: Invalid value: \"b/c\": a valid label must be "
       "an "
       "empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
       "end "
       "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
       "for "
       "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"},
      {"/a",
       "unable to parse requirement: key: Invalid value: \"/a\": prefix part must be non-empty"},
      {"a>b",
       "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, "
       "the "
       "value must be an integer"},
      {"a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"},
  };
  for (const auto& [selector, message] : cases) {
    INFO(selector);
    const auto parsed = parse_label_selector(selector);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == 400);
    CHECK(parsed.error().message == message);
  }
}

TEST_CASE("the selectors of specs become text for the scale subresource", "[selectors]") {
  const Json selector = {{"matchLabels", {{"b", "2"}, {"a", "1"}}},
                         {"matchExpressions",
                          {{{"key", "c"}, {"operator", "In"}, {"values", {"x", "y"}}},
                           {{"key", "d"}, {"operator", "DoesNotExist"}}}}};
  const LabelSelector decoded = decode_label_selector(selector);
  CHECK(format_label_selector(decoded) == "a=1,b=2,c in (x,y),!d");
  CHECK(matches(decoded, {{"a", "1"}, {"b", "2"}, {"c", "y"}}));
  CHECK_FALSE(matches(decoded, {{"a", "1"}, {"b", "2"}, {"c", "y"}, {"d", ""}}));
}

TEST_CASE("field selectors read values with escapes and compare missing fields as empty",
          "[selectors]") {
  StoredObject object;
  object.meta.name = "a";
  object.meta.namespace_ = "n";
  object.fields = {{"status.phase", "Running"}, {"reason", "a,b"}};
  const std::pair<std::string, bool> cases[] = {
      {"metadata.name=a,metadata.namespace==n", true},
      {"metadata.name!=a", false},
      {"status.phase!=Pending", true},
      {"spec.nodeName=", true},
      {"spec.nodeName=x", false},
      {"reason=a\\,b", true},
  };
  for (const auto& [selector, expected] : cases) {
    INFO(selector);
    const auto parsed = parse_field_selector(selector);
    REQUIRE(parsed.has_value());
    CHECK(matches(*parsed, object) == expected);
  }
  CHECK_FALSE(parse_field_selector("nonsense").has_value());
}

}  // namespace
}  // namespace sluice::local
