#include "base/object_meta.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice {
namespace {

TEST_CASE("metadata survives the way to JSON and back", "[meta]") {
  ObjectMeta meta;
  meta.name = "shop";
  meta.namespace_ = "default";
  meta.uid = "u-1";
  meta.resource_version = "42";
  meta.generation = 3;
  meta.creation_timestamp = *parse_time("2026-01-02T03:04:05Z");
  meta.labels = {{"app", "shop"}};
  meta.owner_references = {{.api_version = "apps/v1",
                            .kind = "ReplicaSet",
                            .name = "rs",
                            .uid = "u-2",
                            .controller = true,
                            .block_owner_deletion = true}};
  meta.finalizers = {"a/b"};
  const auto back = decode_object_meta(encode_object_meta(meta));
  REQUIRE(back);
  CHECK(*back == meta);
  CHECK(back->controller()->name == "rs");
}

TEST_CASE("wrong types name the field", "[meta]") {
  const auto read = decode_object_meta(Json{{"labels", {{"a", 1}}}});
  REQUIRE_FALSE(read);
  CHECK(read.error().message == "metadata.labels[a]: must be a string");
}

TEST_CASE("apiVersion splits into group and version", "[meta]") {
  CHECK(make_gvk("apps/v1", "ReplicaSet") == GroupVersionKind{"apps", "v1", "ReplicaSet"});
  CHECK(make_gvk("v1", "Pod") == GroupVersionKind{"", "v1", "Pod"});
  CHECK(make_gvk("v1", "Pod").api_version() == "v1");
}

}  // namespace
}  // namespace sluice
