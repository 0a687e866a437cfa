#include "base/json.h"

#include "base/json_extent.h"
#include "base/json_list.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice {
namespace {

TEST_CASE("merge patches turn one value into another", "[json]") {
  const Json from = {{"a", 1}, {"b", {{"c", 2}, {"d", 3}}}, {"gone", true}};
  const Json to = {{"a", 1}, {"b", {{"c", 4}, {"d", 3}}}, {"new", {1, 2}}};
  const Json patch = make_merge_patch(from, to);
  CHECK(patch == Json({{"b", {{"c", 4}}}, {"gone", nullptr}, {"new", {1, 2}}}));
  Json patched = from;
  apply_merge_patch(patched, patch);
  CHECK(patched == to);
  CHECK(make_merge_patch(to, to) == Json::object());
}

TEST_CASE("keys go into pointers and back", "[json]") {
  for (const auto& [key, part] : {std::pair{"a", "a"}, {"", ""}, {"a/b", "a~1b"}, {"~1", "~01"}}) {
    CHECK(escape_pointer_part(key) == part);
    CHECK(unescape_pointer_part(part) == key);
  }
}

TEST_CASE("parsing is bounded", "[json]") {
  CHECK(parse_json("{\"a\":[1,2]}"));
  CHECK_FALSE(parse_json("{\"a\":"));
  CHECK_FALSE(
      parse_json(std::string(kJsonDepthMax + 5, '[') + std::string(kJsonDepthMax + 5, ']')));
  CHECK_FALSE(parse_json(std::string(kJsonBytesMax + 1, ' ')));
  CHECK(parse_json(std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']')));
  CHECK(parse_json("\"\\\"" + std::string(kJsonDepthMax + 5, '[') + "\""));
}

TEST_CASE("values of a text are counted without parsing it", "[json]") {
  const std::vector<std::pair<std::string_view, size_t>> table = {
      {"1", 1},
      {"[1,2,3]", 4},
      {R"({"a":1,"b":[true,null]})", 5},
      {R"("a,b[{\",")", 1},
      {R"({"[,":"{\\"})", 2},
      {"[[],{}]", 5},
  };
  for (const auto& [text, values] : table) {
    INFO(text);
    CHECK(extent_of_json(text).values == values);
  }
}

TEST_CASE("paths are looked up without surprises", "[json]") {
  const Json value = {{"spec", {{"replicas", 3}, {"name", "shop"}, {"paused", true}}}};
  CHECK(int_at(value, "spec.replicas") == 3);
  CHECK(string_at(value, "spec.name") == "shop");
  CHECK(bool_at(value, "spec.paused"));
  CHECK(string_at(value, "spec.replicas", "x") == "x");
  CHECK(find_path(value, "spec.name.deeper") == nullptr);
  CHECK(find_path(value, "status") == nullptr);
}

TEST_CASE("a list that is missing or something else is empty", "[json]") {
  const Json value = {{"spec", {{"args", {"a", 1, "b"}}, {"name", "shop"}}}};
  CHECK(list_at(value, "spec.args").size() == 3);
  CHECK(strings_at(value, "spec.args") == std::vector<std::string>{"a", "b"});
  for (const char* path : {"spec.name", "spec.args.0", "spec", "status.args"}) {
    INFO(path);
    CHECK(list_at(value, path) == Json::array());
    CHECK(strings_at(value, path).empty());
  }
}

}  // namespace
}  // namespace sluice
