#include "local/api/api_negotiation.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::local;

TEST_CASE("the first acceptable form wins") {
  const char* kubectl =
      "application/json;as=Table;v=v1;g=meta.k8s.io,"
      "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
  CHECK(negotiate(kubectl, Target::List) == Shape::Table);
  CHECK(negotiate("", Target::List) == Shape::Whole);
  CHECK(negotiate("*/*", Target::Object) == Shape::Whole);
  CHECK(negotiate("application/vnd.kubernetes.protobuf, application/json", Target::Object) ==
        Shape::Whole);
  CHECK(negotiate("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
                  Target::List) == Shape::Whole);
}

TEST_CASE("metadata comes as a list only for lists") {
  const char* one = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
  const char* many = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
  CHECK(negotiate(one, Target::Object) == Shape::Metadata);
  CHECK(negotiate(one, Target::Watch) == Shape::Metadata);
  CHECK(negotiate(many, Target::List) == Shape::Metadata);
  CHECK_FALSE(negotiate(one, Target::List));
  CHECK_FALSE(negotiate(many, Target::Object));
}

TEST_CASE("nothing but protobuf or a page is not acceptable") {
  CHECK_FALSE(negotiate("application/vnd.kubernetes.protobuf", Target::Object));
  CHECK_FALSE(negotiate("text/html", Target::List));
}

TEST_CASE("whoever takes plain JSON gets plain discovery") {
  CHECK(
      takes_json("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
                 "application/json"));
  CHECK(takes_json("application/json, */*"));
  CHECK_FALSE(takes_json("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"));
  CHECK_FALSE(takes_json("text/html"));
}

TEST_CASE("bodies are JSON, YAML, or nothing that is understood") {
  CHECK(body_format("") == BodyFormat::Json);
  CHECK(body_format("application/json; charset=utf-8") == BodyFormat::Json);
  CHECK(body_format("Application/YAML") == BodyFormat::Yaml);
  CHECK(body_format("application/vnd.kubernetes.protobuf") == BodyFormat::Protobuf);
  CHECK(body_format("text/plain") == BodyFormat::Unsupported);
  CHECK(patch_type("application/merge-patch+json") == kube::PatchType::Merge);
  CHECK(patch_type("application/json-patch+json;charset=utf-8") == kube::PatchType::Json);
  CHECK(patch_type("application/strategic-merge-patch+json") == kube::PatchType::Strategic);
  CHECK_FALSE(patch_type("application/xml"));
  CHECK(is_apply_patch("application/apply-patch+yaml"));
}
