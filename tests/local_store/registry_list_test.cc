#include "local/store/registry_snapshots.h"
#include "tests/local_store/registry_fixture.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

namespace sluice::local {
namespace {

TEST_CASE("a selector is bounded, since every object is looked at with all of it", "[list]") {
  RegistryFixture world;
  std::string labels = "a";
  for (int i = 0; i < 1'500; ++i) labels += ",a";
  const ResourceType& type = *world.type("configmaps");
  CHECK(world.registry->list(type, {.label_selector = labels})->items.empty());
  labels += labels;
  CHECK(world.registry->list(type, {.label_selector = labels}).error().code == 400);
  CHECK(world.registry->watch(type, {.label_selector = labels}).error().code == 400);
  const std::string fields = "metadata.name=" + std::string(5'000, 'x');
  CHECK(world.registry->list(type, {.field_selector = fields}).error().code == 400);
}

TEST_CASE("pages go on where the last one ended", "[registry]") {
  RegistryFixture world;
  for (int index = 0; index < 5; ++index)
    world.create("configmaps", config_map(fmt::format("c{}", index)));
  const ResourceType& type = *world.type("configmaps");
  std::vector<std::string> seen;
  ListQuery query{.namespace_ = "default", .limit = 2};
  do {
    const auto page = world.registry->list(type, query);
    REQUIRE(page.has_value());
    for (const ObjectPtr& item : page->items) seen.push_back(item->meta.name);
    query.continue_token = page->continue_token;
    if (seen.size() == 2) CHECK(page->remaining == 3);
  } while (!query.continue_token.empty());
  CHECK(seen == std::vector<std::string>{"c0", "c1", "c2", "c3", "c4"});
}

TEST_CASE("the pages of a list show one state", "[registry]") {
  RegistryFixture world;
  for (const char* name : {"a", "b", "c", "d"}) world.create("configmaps", config_map(name));
  const ResourceType& type = *world.type("configmaps");
  const auto first = world.registry->list(type, {.limit = 2});
  REQUIRE(first.has_value());
  world.patch("configmaps", "a", {{"data", {{"k", "1"}}}});
  world.remove("configmaps", "c");
  world.create("configmaps", config_map("e"));
  const auto second = world.registry->list(type, {.continue_token = first->continue_token});
  REQUIRE(second.has_value());
  REQUIRE(second->items.size() == 2);
  CHECK(second->items[0]->meta.name == "c");
  CHECK(second->items[1]->meta.name == "d");
  CHECK(second->resource_version == first->resource_version);
  const auto events = world.registry->watch(type, {.resource_version = second->resource_version});
  REQUIRE(events.has_value());
  CHECK(drain(**events) == std::vector<std::string>{"MODIFIED a", "DELETED c", "ADDED e"});
}

TEST_CASE("a list whose state is not kept any more begins anew", "[registry]") {
  RegistryFixture world;
  for (const char* name : {"a", "b"}) world.create("configmaps", config_map(name));
  const ResourceType& type = *world.type("configmaps");
  const auto first = world.registry->list(type, {.limit = 1});
  const auto second_page = [&] {
    return world.registry->list(type, {.continue_token = first->continue_token});
  };
  for (size_t list = 0; list < kSnapshotsMax; ++list) {
    CHECK(second_page().has_value());
    world.patch("configmaps", "a", {{"data", {{"k", std::to_string(list)}}}});
    CHECK(world.registry->list(type, {.limit = 1}).has_value());
  }
  REQUIRE_FALSE(second_page().has_value());
  CHECK(second_page().error().code == 410);
  CHECK(second_page().error().reason == "Expired");
}

TEST_CASE("a list of just one version is that or 410", "[registry]") {
  RegistryFixture world;
  world.create("configmaps", config_map("a"));
  const std::string version = world.registry->resource_version();
  const ResourceType& type = *world.type("configmaps");
  const ListQuery query{.resource_version = version, .exact = true};
  world.create("secrets", {{"metadata", {{"name", "unrelated"}}}});
  const auto same = world.registry->list(type, query);
  REQUIRE(same.has_value());
  CHECK(same->resource_version == version);
  world.create("configmaps", config_map("b"));
  CHECK(world.registry->list(type, query).error().code == 410);
  CHECK(world.names("configmaps", {.resource_version = version}).size() == 2);
}

}  // namespace
}  // namespace sluice::local
