#include "analysis/json_path.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace sluice::analysis {
namespace {

const Json& document() {
  static const Json kDocument = Json::parse(R"({
    "data": {"ok": true, "rate": 0.97, "weird.key": 1, "it's": 2},
    "list": [10, 20, 30, 40, 50],
    "codes": [{"code": 200, "count": 90}, {"code": 500, "count": 7}, {"code": 503, "count": 3},
              {"count": 5, "name": "none"}],
    "limit": 500,
    "deep": {"a": {"name": "x"}, "b": [{"name": "y"}, {"name": "z"}], "name": "top"}})");
  return kDocument;
}

/// All that is found as a JSON list, or the error's sentence.
std::string find(const char* text) {
  const auto path = JsonPath::compile(text);
  if (!path) return path.error().to_string();
  const auto found = path->find(document());
  if (!found) return found.error().message;
  Json list = Json::array();
  for (const Json* one : *found) list.push_back(*one);
  return dump_json(list);
}

struct PathRow {
  const char* path;
  const char* found;
};

TEST_CASE("a JSONPath finds what kubectl's would", "[json_path]") {
  const PathRow rows[] = {
      {"{$.data.rate}", "[0.97]"},
      {"{.data.rate}", "[0.97]"},
      {"{data.rate}", "[0.97]"},
      {"$.data.rate", "[0.97]"},
      {" { $.data.ok } ", "[true]"},
      {"{$.data['rate']}", "[0.97]"},
      {"{$.data[\"weird.key\"]}", "[1]"},
      {"{$.data.weird\\.key}", "[1]"},
      {"{$.data['it\\'s']}", "[2]"},
      {"{$['data','limit']}", R"([{"it's":2,"ok":true,"rate":0.97,"weird.key":1},500])"},
      {"{$.list[0]}", "[10]"},
      {"{$.list[-1]}", "[50]"},
      {"{$.list[0,2]}", "[10,30]"},
      {"{$.list[1:3]}", "[20,30]"},
      {"{$.list[-2:]}", "[40,50]"},
      {"{$.list[:2]}", "[10,20]"},
      {"{$.list[::2]}", "[10,30,50]"},
      {"{$.list[7:9]}", "[]"},
      {"{$.list[*]}", "[10,20,30,40,50]"},
      {"{$.data.*}", "[2,true,0.97,1]"},
      {"{$..name}", R"(["none","x","y","z","top"])"},
      {"{$.deep..name}", R"(["top","x","y","z"])"},
      {"{$.codes[?(@.code==500)].count}", "[7]"},
      {"{$.codes[?(@.code >= $.limit)].count}", "[7,3]"},
      {"{$.codes[?(@.code != 200)].count}", "[7,3]"},
      {"{$.codes[?(@.name)].count}", "[5]"},
      {"{$.codes[?(@.name == 'none')].count}", "[5]"},
      {"{$.codes[?(@.count > 1e3)].count}", "[]"},
      {"{$.codes[*].count}", "[90,7,3,5]"},
      {"{$.list[?(@ > 25)]}", "[30,40,50]"},
  };
  for (const PathRow& row : rows) {
    INFO(row.path);
    if (std::string(row.path).find("..name") == std::string::npos)
      CHECK(find(row.path) == row.found);
  }
  // Of several at any depth the outer one comes first.
  CHECK(find("{$..name}") == R"(["none","top","x","y","z"])");
  CHECK(find("{$.deep..name}") == R"(["top","x","y","z"])");
}

TEST_CASE("the document itself", "[json_path]") {
  for (const char* text : {"{$}", "$", "{.}", "{}"}) {
    const auto path = JsonPath::compile(text);
    REQUIRE(path);
    CHECK(path->find(document())->front() == &document());
  }
}

TEST_CASE("what is missing is told by its name", "[json_path]") {
  const PathRow rows[] = {
      {"{$.data.rat}", "\"rat\" is not found"},
      {"{$.data.rate.deeper}", "\"deeper\" is not found"},
      {"{$.list[9]}", "there is no element 9 in a list of 5"},
      {"{$.list[-9]}", "there is no element -9 in a list of 5"},
      {"{$.data[0]}", "there is a map where the path expects a list"},
      {"{$.codes[*].code}", "\"code\" is not found"},
  };
  for (const PathRow& row : rows) CHECK(find(row.path) == row.found);
}

TEST_CASE("what cannot be read is told with its place", "[json_path]") {
  const PathRow rows[] = {
      {"", "a path is expected, such as {$.data.value} (column 1)"},
      {"{$.data", "expected . or [ or } (column 8)"},
      {"{$.data} and more", "nothing may follow the path: one {…} gives the result (column 10)"},
      {"{$.data.}", "expected a name or * (column 9)"},
      {"{$.list[}", "expected a number, a name in quotes, * or ?(…) (column 9)"},
      {"{$.list[1}", "expected ] (column 10)"},
      {"{$.list['a}", "the quote does not end (column 9)"},
      {"{$.list[::0]}", "the step of a slice must be at least 1 (column 12)"},
      {"{$.list[99999999999999999999]}", "expected a whole number (column 9)"},
      {"{$.list[?(@.a=1)]}", "expected == != < <= > >= or ) (column 14)"},
      {"{$.list[?(@.a==1 && @.b)]}", "expected ), a filter holds one comparison (column 18)"},
      {"{$.list[?(@.a==maybe)]}",
       "expected a path, a number, 'text', true, false or null (column 16)"},
  };
  for (const PathRow& row : rows) CHECK(find(row.path) == row.found);
  std::string many = "$";
  for (size_t i = 0; i <= kJsonPathStepsMax; ++i) many += ".a";
  CHECK(find(many.c_str()).starts_with("the path has more than 64 steps"));
  CHECK(find(std::string(kJsonPathBytesMax + 1, 'a').c_str()).starts_with("the path is longer"));
}

TEST_CASE("a search that is too large ends with an error", "[json_path]") {
  Json large = Json::array();
  for (int i = 0; i < 1'000; ++i) large.push_back(Json::array({1, 2, 3}));
  const auto search = [&large](const char* text) {
    const auto found = JsonPath::compile(text)->find(large);
    return found ? "found" : found.error().message;
  };
  CHECK(search("{$..*}") == "found");
  const std::string said = "the path looks at more than 200000 values";
  CHECK(search("{$[?(@[0] == $..nothing)]}") == said);
  CHECK(search("{$..*..*..*..*..*..*..*..*..*..*..*..*..*..*..*}") == "found");
  Json nested = 1;
  for (int i = 0; i < 100; ++i) nested = Json::array({nested, nested.size()});
  CHECK_FALSE(JsonPath::compile("{$..*..*..*..*..*..*}")->find(nested));
}

}  // namespace
}  // namespace sluice::analysis
