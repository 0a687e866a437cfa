#include "tests/local_store/registry_fixture.h"

#include <catch2/catch.hpp>

namespace sluice::local {
namespace {

constexpr const char* kSets = "replicasets.apps";
constexpr const char* kCrds = "customresourcedefinitions.apiextensions.k8s.io";

TEST_CASE("in the background dependents go after their owner", "[gc]") {
  RegistryFixture world;
  const Json owner = world.create(kSets, replica_set("r", 1));
  world.create("pods", owned_by(pod("p"), owner));
  world.create("pods", pod("other"));
  CHECK(world.remove(kSets, "r", {.propagation = Propagation::Background}).removed);
  CHECK(world.exists("pods", "p"));
  world.settle();
  CHECK(world.names("pods") == std::vector<std::string>{"other"});
}

TEST_CASE("chains of owners go link by link", "[gc]") {
  RegistryFixture world;
  Json owner = world.create("configmaps", config_map("c0"));
  for (const char* name : {"c1", "c2", "c3"})
    owner = world.create("configmaps", owned_by(config_map(name), owner));
  world.remove("configmaps", "c0");
  world.settle();
  CHECK(world.names("configmaps").empty());
}

TEST_CASE("an object with another owner stays and loses the reference", "[gc]") {
  RegistryFixture world;
  const Json first = world.create("configmaps", config_map("first"));
  const Json second = world.create("configmaps", config_map("second"));
  world.create("configmaps", owned_by(owned_by(config_map("child"), first), second));
  world.remove("configmaps", "first");
  world.settle();
  const Json child = world.get("configmaps", "child");
  REQUIRE(child["metadata"]["ownerReferences"].size() == 1);
  CHECK(child["metadata"]["ownerReferences"][0]["name"] == "second");
}

TEST_CASE("in the foreground the owner goes last", "[gc]") {
  RegistryFixture world;
  const Json owner = world.create(kSets, replica_set("r", 1));
  Json child = owned_by(pod("p", {{"nodeName", "here"}}), owner, true);
  world.create("pods", child);
  const DeleteResult result = world.remove(kSets, "r", {.propagation = Propagation::Foreground});
  CHECK_FALSE(result.removed);
  world.settle();
  // The pod was scheduled: it ends gracefully, and its owner waits for it.
  CHECK(world.get("pods", "p")["metadata"]["deletionGracePeriodSeconds"] == 30);
  CHECK(world.get(kSets, "r")["metadata"]["finalizers"] == Json({"foregroundDeletion"}));
  world.remove("pods", "p", {.grace_period_seconds = 0});
  world.settle();
  CHECK_FALSE(world.exists("pods", "p"));
  CHECK_FALSE(world.exists(kSets, "r"));
}

TEST_CASE("an owner that waits lets a dependent of another owner go", "[gc]") {
  RegistryFixture world;
  const Json leaving = world.create("configmaps", config_map("leaving"));
  const Json staying = world.create("configmaps", config_map("staying"));
  world.create("configmaps", owned_by(owned_by(config_map("child"), leaving, true), staying));
  world.remove("configmaps", "leaving", {.propagation = Propagation::Foreground});
  world.settle();
  CHECK(world.names("configmaps") == std::vector<std::string>{"child", "staying"});
  const Json owners = world.get("configmaps", "child")["metadata"]["ownerReferences"];
  REQUIRE(owners.size() == 1);
  CHECK(owners[0]["name"] == "staying");
}

TEST_CASE("an owner no longer waits for an object that was taken from it", "[gc]") {
  RegistryFixture world;
  const Json owner = world.create("configmaps", config_map("owner"));
  Json held = owned_by(config_map("held"), owner, true);
  held["metadata"]["finalizers"] = {"example.com/hold"};
  world.create("configmaps", held);
  world.remove("configmaps", "owner", {.propagation = Propagation::Foreground});
  world.settle();
  REQUIRE(world.exists("configmaps", "owner"));
  world.patch("configmaps", "held", {{"metadata", {{"ownerReferences", nullptr}}}});
  world.settle();
  CHECK_FALSE(world.exists("configmaps", "owner"));
}

TEST_CASE("a ring of owners goes in the foreground, too", "[gc]") {
  RegistryFixture world;
  const Json first = world.create("configmaps", config_map("first"));
  const Json second = world.create("configmaps", owned_by(config_map("second"), first, true));
  world.patch("configmaps", "first",
              {{"metadata", owned_by(Json::object(), second, true)["metadata"]}});
  world.remove("configmaps", "first", {.propagation = Propagation::Foreground});
  world.settle();
  CHECK(world.names("configmaps").empty());
}

TEST_CASE("a second deletion may choose another way", "[gc]") {
  const Propagation propagation = GENERATE(Propagation::Background, Propagation::Orphan);
  RegistryFixture world;
  const Json owner = world.create("configmaps", config_map("owner"));
  Json child = owned_by(config_map("child"), owner, true);
  child["metadata"]["finalizers"] = {"example.com/hold"};
  world.create("configmaps", child);
  world.remove("configmaps", "owner", {.propagation = Propagation::Foreground});
  world.settle();
  REQUIRE(world.exists("configmaps", "owner"));
  world.remove("configmaps", "owner", {.propagation = propagation});
  world.settle();
  CHECK(world.names("configmaps") == std::vector<std::string>{"child"});
}

TEST_CASE("an object without a namespace is not lost for an owner that has one", "[gc]") {
  RegistryFixture world;
  const Json owner = world.create("configmaps", config_map("owner"));
  world.create("nodes", owned_by({{"metadata", {{"name", "n"}}}}, owner), "");
  world.settle();
  CHECK(world.exists("nodes", "n"));
  world.remove("configmaps", "owner");
  world.settle();
  CHECK(world.exists("nodes", "n"));
}

TEST_CASE("orphans stay and forget their owner", "[gc]") {
  RegistryFixture world;
  const Json owner = world.create(kSets, replica_set("r", 1));
  world.create("pods", owned_by(pod("p"), owner));
  world.remove(kSets, "r", {.propagation = Propagation::Orphan});
  world.settle();
  CHECK_FALSE(world.exists(kSets, "r"));
  CHECK_FALSE(world.get("pods", "p")["metadata"].contains("ownerReferences"));
}

TEST_CASE("an object of an owner that never was is removed", "[gc]") {
  RegistryFixture world;
  Json owner = config_map("ghost");
  owner["metadata"]["uid"] = "11111111-1111-1111-1111-111111111111";
  world.create("configmaps", owned_by(config_map("child"), owner));
  world.settle();
  CHECK_FALSE(world.exists("configmaps", "child"));
}

TEST_CASE("a namespace goes with its contents, and waits for what is held up", "[gc]") {
  RegistryFixture world;
  world.create("namespaces", {{"metadata", {{"name", "n"}}}}, "");
  Json held = config_map("held");
  held["metadata"]["finalizers"] = {"example.com/hold"};
  world.create("configmaps", held, "n");
  world.create("configmaps", config_map("free"), "n");
  world.remove("namespaces", "n");
  const auto refused =
      world.registry->create(*world.type("configmaps"), "n", dump_json(config_map("late")));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == 403);
  world.settle();
  CHECK(world.names("configmaps", {.namespace_ = "n"}) == std::vector<std::string>{"held"});
  CHECK(world.get("namespaces", "n")["status"]["phase"] == "Terminating");
  const auto released =
      world.registry->patch(*world.type("configmaps"), {"n", "held"}, Subresource::None,
                            PatchType::Merge, R"({"metadata":{"finalizers":null}})");
  REQUIRE(released.has_value());
  world.settle();
  CHECK_FALSE(world.exists("namespaces", "n"));
  CHECK(world.registry->create(*world.type("configmaps"), "n", dump_json(config_map("late")))
            .error()
            .code == 404);
}

/// Collects in turns until nothing is left to do; no turn does more than it may.
size_t collect_all(RegistryFixture& world) {
  size_t all = 0;
  while (const size_t done = world.collector->collect()) {
    CHECK(done <= kCollectedMax);
    all += done;
  }
  return all;
}

TEST_CASE("however much is due at once, a turn collects so much of it", "[gc]") {
  constexpr size_t kMany = 2 * kCollectedMax + 1;
  RegistryFixture world;
  world.create("namespaces", {{"metadata", {{"name", "n"}}}}, "");
  const Json owner = world.create("configmaps", config_map("owner"), "n");
  for (size_t i = 0; i < kMany; ++i)
    world.create("configmaps", owned_by(config_map("map-" + std::to_string(i)), owner), "n");
  SECTION("dependents of one owner") {
    world.registry->remove(*world.type("configmaps"), {"n", "owner"});
    CHECK(collect_all(world) == kMany);
  }
  SECTION("dependents that are let go") {
    world.registry->remove(*world.type("configmaps"), {"n", "owner"},
                           {.propagation = Propagation::Orphan});
    CHECK(collect_all(world) == kMany + 1);
  }
  SECTION("a namespace") {
    world.remove("namespaces", "n");
    CHECK(collect_all(world) == kMany + 1);
    world.settle();
    CHECK_FALSE(world.exists("namespaces", "n"));
  }
}

TEST_CASE("the rest of what is due has a turn of its own", "[gc]") {
  RegistryFixture world;
  world.create("namespaces", {{"metadata", {{"name", "n"}}}}, "");
  for (size_t i = 0; i < 2 * kCollectedMax + 1; ++i)
    world.create("configmaps", config_map("map-" + std::to_string(i)), "n");
  world.remove("namespaces", "n");
  world.settle();
  CHECK_FALSE(world.exists("namespaces", "n"));
}

TEST_CASE("a CRD goes after its objects", "[gc]") {
  RegistryFixture world;
  world.create(kCrds, widget_crd(), "");
  Json held = widget("held", {{"size", 1}});
  held["metadata"]["finalizers"] = {"example.com/hold"};
  world.create("widgets.example.com", held);
  world.create("widgets.example.com", widget("free", {{"size", 1}}));
  world.remove(kCrds, "widgets.example.com");
  world.settle();
  CHECK(world.names("widgets.example.com") == std::vector<std::string>{"held"});
  world.patch("widgets.example.com", "held", {{"metadata", {{"finalizers", nullptr}}}});
  world.settle();
  CHECK_FALSE(world.exists(kCrds, "widgets.example.com"));
  CHECK(world.registry->find_kind("example.com", "Widget") == nullptr);
}

TEST_CASE("objects that outlive their CRD harm nobody", "[gc]") {
  // Whoever takes the finalizer of a CRD away, or stops serving it, leaves its objects behind.
  const bool deleted = GENERATE(true, false);
  RegistryFixture world;
  world.create(kCrds, widget_crd(), "");
  world.create("namespaces", {{"metadata", {{"name", "n"}}}}, "");
  const Json owner = world.create("configmaps", config_map("owner"), "n");
  Json held = owned_by(widget("held", {{"size", 1}}), owner);
  held["metadata"]["finalizers"] = {"example.com/hold"};
  world.create("widgets.example.com", held, "n");
  if (deleted) {
    world.remove(kCrds, "widgets.example.com");
    world.settle();
    world.patch(kCrds, "widgets.example.com", {{"metadata", {{"finalizers", nullptr}}}});
  } else {
    Json versions = widget_crd()["spec"]["versions"];
    versions[0]["served"] = false;
    world.patch(kCrds, "widgets.example.com", {{"spec", {{"versions", versions}}}});
  }
  CHECK(world.registry->find_kind("example.com", "Widget") == nullptr);
  world.registry->remove(*world.type("configmaps"), {"n", "owner"});
  world.settle();
  world.remove("namespaces", "n");
  world.settle();
  CHECK_FALSE(world.exists("namespaces", "n"));
}

TEST_CASE("what was due when the process ended is done after the restart", "[gc]") {
  RegistryFixture world;
  const Json owner = world.create("configmaps", config_map("owner"));
  world.create("configmaps", owned_by(config_map("child"), owner));
  world.collector.reset();
  world.remove("configmaps", "owner");
  CHECK(world.exists("configmaps", "child"));
  world.collector = std::make_unique<GarbageCollector>(*world.registry, world.clock);
  world.collector->start();
  world.settle();
  CHECK_FALSE(world.exists("configmaps", "child"));
}

}  // namespace
}  // namespace sluice::local
