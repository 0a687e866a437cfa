#include "local/api/api_list.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::local;

TEST_CASE("an object loses its own type and keeps everything else") {
  CHECK(without_type_meta(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}})") ==
        R"({"metadata":{"name":"a"}})");
  CHECK(
      without_type_meta(R"({"apiVersion":"v1","involvedObject":{"kind":"Pod"},"kind":"Event"})") ==
      R"({"involvedObject":{"kind":"Pod"}})");
  CHECK(without_type_meta(R"({"a":"},\"kind\":\"x\"","b":[1,{"kind":2}],"kind":"K"})") ==
        R"({"a":"},\"kind\":\"x\"","b":[1,{"kind":2}]})");
  CHECK(without_type_meta("{}") == "{}");
}

TEST_CASE("a list says its version and, where it is a page, how to go on") {
  ResourceType type;
  type.version = "v1";
  type.list_kind = "ConfigMapList";
  auto object = std::make_shared<StoredObject>();
  object->json = make_json_text(R"({"apiVersion":"v1","data":{"k":"v"},"kind":"ConfigMap"})");
  ListPage page;
  page.items = {object, object};
  page.resource_version = "7";
  page.continue_token = "next";
  page.remaining = 3;

  const std::string item = list_item(type, *object);
  const Json list = Json::parse(
      list_body(type.api_version(), type.list_kind, item + "," + item, list_metadata(type, page)));

  CHECK(list["apiVersion"] == "v1");
  CHECK(list["kind"] == "ConfigMapList");
  CHECK(list["metadata"] ==
        Json{{"resourceVersion", "7"}, {"continue", "next"}, {"remainingItemCount", 3}});
  CHECK(list["items"] == Json::array({{{"data", {{"k", "v"}}}}, {{"data", {{"k", "v"}}}}}));

  type.custom = true;
  CHECK(Json::parse(list_item(type, *object))["kind"] == "ConfigMap");
}
