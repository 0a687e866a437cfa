#include "tests/local_store/registry_fixture.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

namespace sluice::local {
namespace {

using Events = std::vector<std::string>;

std::shared_ptr<Subscription> watch(const RegistryFixture& world, const WatchQuery& query,
                                    const std::string& type = "configmaps") {
  const auto opened = world.registry->watch(*world.type(type), query);
  REQUIRE(opened.has_value());
  return *opened;
}

Json labelled(const std::string& name, const std::string& value) {
  Json object = config_map(name);
  object["metadata"]["labels"]["w"] = value;
  return object;
}

Json relabel(const std::string& value) {
  return {{"metadata", {{"labels", {{"w", value}}}}}};
}

TEST_CASE("a watch without a version starts with what is there", "[watch]") {
  RegistryFixture world;
  world.create("configmaps", config_map("b"));
  world.create("configmaps", config_map("a"));
  const auto events = watch(world, {.namespace_ = "default"});
  world.patch("configmaps", "a", {{"data", {{"k", "1"}}}});
  world.remove("configmaps", "b");
  CHECK(drain(*events) == Events{"ADDED a", "ADDED b", "MODIFIED a", "DELETED b"});
}

TEST_CASE("a watch resumes after the version it names", "[watch]") {
  RegistryFixture world;
  const std::string version =
      world.create("configmaps", config_map("a"))["metadata"]["resourceVersion"];
  world.create("configmaps", config_map("b"));
  world.create("secrets", {{"metadata", {{"name", "unrelated"}}}});
  world.remove("configmaps", "a");
  const auto events = watch(world, {.resource_version = version});
  world.create("configmaps", config_map("c"));
  CHECK(drain(*events) == Events{"ADDED b", "DELETED a", "ADDED c"});
}

TEST_CASE("leaving a selector is a DELETED that shows the object as it was", "[watch]") {
  RegistryFixture world;
  for (const bool resumed : {false, true}) {
    const std::string name = resumed ? "resumed" : "live";
    const std::string version = world.registry->resource_version();
    const WatchQuery query{.label_selector = "w=in", .resource_version = version};
    const auto live = watch(world, query);
    world.create("configmaps", labelled(name, "out"));
    world.patch("configmaps", name, relabel("in"));
    world.patch("configmaps", name, {{"data", {{"k", "1"}}}});
    const Json last = world.patch("configmaps", name, relabel("gone"));
    const auto events = resumed ? watch(world, query) : live;
    REQUIRE(events->poll()->type == kube::WatchEventType::Added);
    REQUIRE(events->poll()->type == kube::WatchEventType::Modified);
    const auto deleted = events->poll();
    REQUIRE(deleted->type == kube::WatchEventType::Deleted);
    const Json shown = *parse_json(*deleted->object->json);
    CHECK(shown["metadata"]["labels"]["w"] == "in");
    CHECK(shown["metadata"]["resourceVersion"] == last["metadata"]["resourceVersion"]);
    CHECK_FALSE(events->poll().has_value());
  }
}

TEST_CASE("field selectors follow the object as it changes", "[watch]") {
  RegistryFixture world;
  const auto events = watch(world, {.field_selector = "status.phase=Running"}, "pods");
  world.create("pods", pod("p", {{"nodeName", "here"}}));
  world.patch("pods", "p", {{"status", {{"phase", "Running"}}}}, Subresource::Status);
  world.patch("pods", "p", {{"status", {{"phase", "Failed"}}}}, Subresource::Status);
  CHECK(drain(*events) == Events{"ADDED p", "DELETED p"});
}

TEST_CASE("a watch sees its namespace only", "[watch]") {
  RegistryFixture world;
  const auto events = watch(world, {.namespace_ = "kube-system"});
  world.create("configmaps", config_map("a"));
  world.create("configmaps", config_map("b"), "kube-system");
  CHECK(drain(*events) == Events{"ADDED b"});
}

TEST_CASE("versions that cannot be served are refused", "[watch]") {
  RegistryFixture world;
  const ResourceType& type = *world.type("configmaps");
  CHECK(world.registry->watch(type, {.resource_version = "abc"}).error().code == 500);
  CHECK(world.registry->watch(type, {.resource_version = "99999"}).error().code == 504);
  world.clock.advance(std::chrono::minutes(20));
  for (int write = 0; write < 300; ++write)
    world.create("configmaps", config_map(fmt::format("c{}", write)));
  const auto expired = world.registry->watch(type, {.resource_version = "2"});
  REQUIRE_FALSE(expired.has_value());
  CHECK(expired.error().code == 410);
  CHECK(expired.error().reason == "Expired");
}

TEST_CASE("a watch that nobody reads ends with 410", "[watch]") {
  RegistryFixture world;
  world.create("configmaps", config_map("a"));
  const auto events = watch(world, {.resource_version = world.registry->resource_version()});
  for (size_t write = 0; write <= kWatchQueueMax; ++write)
    world.patch("configmaps", "a", {{"data", {{"k", std::to_string(write)}}}});
  CHECK(drain(*events).empty());
  REQUIRE(events->ended().has_value());
  CHECK(events->ended()->code == 410);
}

TEST_CASE("a watch that nobody reads holds a bounded number of bytes", "[watch]") {
  RegistryFixture world;
  world.create("configmaps", config_map("a"));
  const std::string version = world.registry->resource_version();
  const auto unread = watch(world, {.resource_version = version});
  const auto read = watch(world, {.resource_version = version});
  const std::string megabyte(1'000'000, 'x');
  for (int write = 0; write < 20; ++write) {
    world.patch("configmaps", "a", {{"data", {{"k", std::to_string(write) + megabyte}}}});
    CHECK(drain(*read) == Events{"MODIFIED a"});
  }
  REQUIRE(unread->ended().has_value());
  CHECK(unread->ended()->reason == "Expired");
  CHECK_FALSE(read->ended().has_value());
  // Nor does one that resumes so far back begin with more than that; who lists anew goes on.
  CHECK(world.registry->watch(*world.type("configmaps"), {.resource_version = version})
            .error()
            .code == 410);
  const auto anew = watch(world, {.resource_version = world.registry->resource_version()});
  world.patch("configmaps", "a", {{"data", {{"k", "small"}}}});
  CHECK(drain(*anew) == Events{"MODIFIED a"});
}

TEST_CASE("a long list to begin with is no reason to end a watch", "[watch]") {
  RegistryFixture world;
  const std::string megabyte(1'000'000, 'x');
  for (int i = 0; i < 20; ++i)
    world.create("configmaps", config_map(fmt::format("c{}", i), {{"k", megabyte}}));
  const auto events = watch(world, {});
  world.patch("configmaps", "c0", {{"data", {{"k", "1"}}}});
  CHECK(drain(*events).size() == 21);
  CHECK_FALSE(events->ended().has_value());
}

TEST_CASE("a bookmark carries the registry's version", "[watch]") {
  RegistryFixture world;
  const auto events = watch(world, {});
  const WatchItem bookmark = events->bookmark(world.registry->resource_version());
  const Json object = *parse_json(*bookmark.object->json);
  CHECK(bookmark.type == kube::WatchEventType::Bookmark);
  CHECK(object["kind"] == "ConfigMap");
  CHECK(object["metadata"]["resourceVersion"] == world.registry->resource_version());
}

TEST_CASE("the watches of a type end with its CRD", "[watch]") {
  RegistryFixture world;
  const std::string crds = "customresourcedefinitions.apiextensions.k8s.io";
  world.create(crds, widget_crd(), "");
  const auto events = watch(world, {}, "widgets.example.com");
  world.create("widgets.example.com", widget("w", {{"size", 1}}));
  world.remove(crds, "widgets.example.com");
  world.settle();
  CHECK(drain(*events) == Events{"ADDED w", "DELETED w"});
  CHECK(events->ended().has_value());
}

}  // namespace
}  // namespace sluice::local
