#include "core/shape.h"
#include "local/store/patch_apply.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

struct PatchCase {
  std::string name;
  std::string document;
  std::string patch;
  std::string expected;  ///< Empty: refused.
  int code = 0;
};

void check(const PatchCase& row, kube::PatchType type, const core::Shape* shape) {
  INFO(row.name);
  Json document = Json::parse(row.document);
  const auto applied = apply_patch(document, type, row.patch, shape);
  if (row.expected.empty()) {
    REQUIRE_FALSE(applied.has_value());
    CHECK(applied.error().code == row.code);
    return;
  }
  REQUIRE(applied.has_value());
  CHECK(document == Json::parse(row.expected));
}

TEST_CASE("merge patches follow RFC 7396", "[patch]") {
  const PatchCase cases[] = {
      {"set and delete", R"({"a":1,"b":2})", R"({"a":3,"b":null})", R"({"a":3})"},
      {"nested", R"({"a":{"b":1,"c":2}})", R"({"a":{"b":null}})", R"({"a":{"c":2}})"},
      {"lists are replaced", R"({"a":[1,2]})", R"({"a":[3]})", R"({"a":[3]})"},
      {"object over scalar", R"({"a":1})", R"({"a":{"b":2}})", R"({"a":{"b":2}})"},
      {"a list is no patch", R"({"a":1})", R"([1])", "", 400},
      {"broken text", R"({"a":1})", R"({"a")", "", 400},
  };
  for (const PatchCase& row : cases) check(row, kube::PatchType::Merge, nullptr);
}

TEST_CASE("JSON patches follow RFC 6902", "[patch]") {
  const PatchCase cases[] = {
      {"add and append", R"({"a":[1]})",
       R"([{"op":"add","path":"/b","value":2},{"op":"add","path":"/a/-","value":3}])",
       R"({"a":[1,3],"b":2})"},
      {"insert", R"({"a":[1,3]})", R"([{"op":"add","path":"/a/1","value":2}])", R"({"a":[1,2,3]})"},
      {"escapes", R"({"a":{}})", R"([{"op":"add","path":"/a/x~1y~0z","value":1}])",
       R"({"a":{"x/y~z":1}})"},
      {"test holds", R"({"a":1})",
       R"([{"op":"test","path":"/a","value":1},{"op":"replace","path":"/a","value":2}])",
       R"({"a":2})"},
      {"test fails", R"({"a":1})", R"([{"op":"test","path":"/a","value":2}])", "", 422},
      {"test for absence", R"({"a":1})",
       R"([{"op":"test","path":"/b","value":null},{"op":"add","path":"/b","value":2}])",
       R"({"a":1,"b":2})"},
      {"test for absence fails", R"({"a":1})", R"([{"op":"test","path":"/a","value":null}])", "",
       422},
      {"remove what is not there", R"({"a":1})", R"([{"op":"remove","path":"/b"}])", "", 422},
      {"move and copy", R"({"a":1})",
       R"([{"op":"move","from":"/a","path":"/b"},{"op":"copy","from":"/b","path":"/c"}])",
       R"({"b":1,"c":1})"},
      {"no parent", R"({})", R"([{"op":"add","path":"/a/b","value":1}])", "", 422},
      {"add below a number", R"({"a":1})", R"([{"op":"add","path":"/a/b","value":1}])", "", 422},
      {"add below a null", R"({"a":null})", R"([{"op":"add","path":"/a/b","value":1}])", "", 422},
      {"remove below a text", R"({"a":"x"})", R"([{"op":"remove","path":"/a/b"}])", "", 422},
      {"move to below a text", R"({"a":"x","b":1})", R"([{"op":"move","from":"/b","path":"/a/b"}])",
       "", 422},
      {"move into itself", R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/c"}])", "",
       422},
      {"behind the end", R"({"a":[1]})", R"([{"op":"add","path":"/a/2","value":1}])", "", 422},
      {"no index", R"({"a":[1]})", R"([{"op":"remove","path":"/a/x"}])", "", 422},
      {"a path without a slash", R"({"a":1})", R"([{"op":"add","path":"a","value":1}])", "", 422},
      {"what a later operation needs", R"({})",
       R"([{"op":"add","path":"/a","value":{}},{"op":"add","path":"/a/b","value":1}])",
       R"({"a":{"b":1}})"},
      {"the root stays an object", R"({"a":1})", R"([{"op":"replace","path":"","value":5}])", "",
       422},
      {"an object is no JSON patch", R"({})", R"({"op":"add"})", "", 400},
  };
  for (const PatchCase& row : cases) check(row, kube::PatchType::Json, nullptr);
}

TEST_CASE("a JSON patch of copies cannot blow a document up", "[patch]") {
  Json document = {{"a", std::string(1'000'000, 'x')}};
  Json operations = Json::array();
  for (int doubling = 0; doubling < 40; ++doubling)
    operations.push_back({{"op", "copy"}, {"from", ""}, {"path", doubling % 2 == 0 ? "/b" : "/c"}});
  const auto applied = apply_patch(document, kube::PatchType::Json, dump_json(operations), nullptr);
  REQUIRE_FALSE(applied.has_value());
  CHECK(applied.error().code == 422);
}

TEST_CASE("strategic merge patches merge lists by their keys", "[patch]") {
  const PatchCase cases[] = {
      {"ports merge by port, new ones come first",
       R"({"spec":{"ports":[{"name":"a","port":80},{"name":"b","port":81}]}})",
       R"({"spec":{"ports":[{"port":80,"targetPort":8080},{"port":82,"name":"c"}]}})",
       R"({"spec":{"ports":[{"name":"a","port":80,"targetPort":8080},{"name":"c","port":82},
           {"name":"b","port":81}]}})"},
      {"$patch: delete of an element", R"({"spec":{"ports":[{"port":80},{"port":81}]}})",
       R"({"spec":{"ports":[{"port":81,"$patch":"delete"}]}})",
       R"({"spec":{"ports":[{"port":80}]}})"},
      {"$patch: replace of a list", R"({"spec":{"ports":[{"port":80},{"port":81}]}})",
       R"({"spec":{"ports":[{"$patch":"replace"},{"port":82}]}})",
       R"({"spec":{"ports":[{"port":82}]}})"},
      {"$patch: replace of a map", R"({"spec":{"selector":{"a":"1","b":"2"}}})",
       R"({"spec":{"selector":{"$patch":"replace","c":"3"}}})",
       R"({"spec":{"selector":{"c":"3"}}})"},
      {"a null deletes", R"({"spec":{"selector":{"a":"1","b":"2"}}})",
       R"({"spec":{"selector":{"a":null}}})", R"({"spec":{"selector":{"b":"2"}}})"},
      {"$setElementOrder arranges", R"({"spec":{"ports":[{"port":80},{"port":81},{"port":82}]}})",
       R"({"spec":{"$setElementOrder/ports":[{"port":82},{"port":80}],"ports":[{"port":80,"name":"x"}]}})",
       R"({"spec":{"ports":[{"port":81},{"port":82},{"port":80,"name":"x"}]}})"},
      {"$retainKeys drops the others", R"({"spec":{"selector":{"a":"1"},"type":"ClusterIP"}})",
       R"({"spec":{"$retainKeys":["type"],"type":"NodePort"}})", R"({"spec":{"type":"NodePort"}})"},
      {"finalizers are a set", R"({"metadata":{"finalizers":["a/x","a/y"]}})",
       R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["a/x"],"finalizers":["a/z","a/y"]}})",
       R"({"metadata":{"finalizers":["a/z","a/y"]}})"},
      {"lists without a key are replaced", R"({"spec":{"externalIPs":["1"]}})",
       R"({"spec":{"externalIPs":["2"]}})", R"({"spec":{"externalIPs":["2"]}})"},
      {"of two alike, each deletion takes one",
       R"({"metadata":{"finalizers":["a/x","a/y","a/x"]}})",
       R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["a/x"]}})",
       R"({"metadata":{"finalizers":["a/y","a/x"]}})"},
      {"deleted and made anew", R"({"spec":{"ports":[{"port":80,"name":"a"},{"port":81}]}})",
       R"({"spec":{"ports":[{"port":80,"$patch":"delete"},{"port":80,"name":"b"}]}})",
       R"({"spec":{"ports":[{"name":"b","port":80},{"port":81}]}})"},
      {"an element without its key", R"({"spec":{"ports":[{"port":80}]}})",
       R"({"spec":{"ports":[{"name":"x"}]}})", "", 400},
  };
  for (const PatchCase& row : cases)
    check(row, kube::PatchType::Strategic, &core::find_shape("Service"));
}

TEST_CASE("strategic merge patches reach into containers", "[patch]") {
  check({"env merges by name",
         R"({"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"1"},{"name":"B"}]}]}})",
         R"({"spec":{"containers":[{"name":"c","image":"x","env":[{"name":"B","value":"2"}]}]}})",
         R"({"spec":{"containers":[{"name":"c","image":"x","env":[{"name":"A","value":"1"},
             {"name":"B","value":"2"}]}]}})"},
        kube::PatchType::Strategic, &core::find_shape("Pod"));
}

TEST_CASE("a JSON patch that does not fit says which operation and which path", "[patch]") {
  struct Case {
    std::string_view operation;
    std::string_view said;
  };

  for (const Case& row : std::vector<Case>{
           {R"({"op":"move","from":"/x","path":"/b"})",
            R"(operation 1 of the patch (move "/b" from "/x"): there is nothing to take)"},
           {R"({"op":"remove","path":"/x"})",
            R"(operation 1 of the patch (remove "/x"): there is nothing at its path)"},
           {R"({"op":"add","path":"/x/y","value":1})",
            R"(operation 1 of the patch (add "/x/y"): there is nothing that could hold "/x/y")"},
           {R"({"op":"test","path":"/a","value":2})",
            R"(operation 1 of the patch (test "/a"): the value is another one)"},
           {R"({"op":"replace","path":"","value":5})",
            R"(operation 1 of the patch (replace ""): it leaves no object)"}}) {
    Json document = {{"a", 1}};
    const std::string patch =
        R"([{"op":"test","path":"/a","value":1},)" + std::string(row.operation) + "]";
    const auto applied = apply_patch(document, kube::PatchType::Json, patch, nullptr);
    REQUIRE_FALSE(applied.has_value());
    CHECK(applied.error().code == 422);
    CHECK(applied.error().message == row.said);
  }
}

/// A Service of `count` ports from `first` on.
Json ports_from(int first, int count) {
  Json ports = Json::array();
  for (int i = 0; i < count; ++i) ports.push_back({{"port", first + i}, {"name", "p"}});
  return {{"spec", {{"ports", std::move(ports)}}}};
}

TEST_CASE("lists of ten thousand merge in a moment", "[patch]") {
  constexpr int kMany = 10'000;
  Json document = ports_from(0, kMany);
  Json patch = ports_from(kMany / 2, kMany);
  patch["spec"]["$setElementOrder/ports"] = patch["spec"]["ports"];
  const auto before = std::chrono::steady_clock::now();
  REQUIRE(apply_patch(document, kube::PatchType::Strategic, dump_json(patch),
                      &core::find_shape("Service")));
  const auto took = std::chrono::steady_clock::now() - before;
  CHECK(document["spec"]["ports"].size() == kMany + kMany / 2);
  // Looking each element up by reading the list took 12 s; generous for a busy machine. Under
  // sanitizers all takes some ten times as long.
#if __has_feature(address_sanitizer)
  constexpr std::chrono::seconds kMoment(10);
#else
  constexpr std::chrono::seconds kMoment(2);
#endif
  CHECK(took < kMoment);
}

TEST_CASE("a JSON patch cannot move or copy much again and again", "[patch]") {
  for (const char* operation : {"move", "copy"}) {
    Json document = ports_from(0, 1'000);
    Json operations = Json::array();
    for (int i = 0; i < 1'000; ++i) {
      const bool there = i % 2 == 0;
      operations.push_back({{"op", operation},
                            {"from", there ? "/spec" : "/other"},
                            {"path", there ? "/other" : "/spec"}});
    }
    const auto applied =
        apply_patch(document, kube::PatchType::Json, dump_json(operations), nullptr);
    REQUIRE_FALSE(applied.has_value());
    CHECK(applied.error().code == 422);
  }
}

TEST_CASE("a JSON patch cannot shift long lists without end", "[patch]") {
  constexpr int kMany = 10'000;
  Json document = ports_from(0, kMany);
  Json operations = Json::array();
  for (int i = 0; i < kMany; ++i)
    operations.push_back({{"op", "move"}, {"from", "/spec/ports/0"}, {"path", "/spec/ports/-"}});
  const auto applied = apply_patch(document, kube::PatchType::Json, dump_json(operations), nullptr);
  REQUIRE_FALSE(applied.has_value());
  CHECK(applied.error().code == 422);
}

}  // namespace
}  // namespace sluice::local
