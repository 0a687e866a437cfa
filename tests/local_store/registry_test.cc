#include "local/store/registry.h"

#include "tests/local_store/registry_fixture.h"

#include <catch2/catch.hpp>

#include <set>

namespace sluice::local {
namespace {

constexpr const char* kSets = "replicasets.apps";
constexpr const char* kCrds = "customresourcedefinitions.apiextensions.k8s.io";
constexpr const char* kWidgets = "widgets.example.com";

ApiError refused(const RegistryFixture& world, const std::string& type, const Json& object) {
  const auto made = world.registry->create(*world.type(type), "default", dump_json(object));
  REQUIRE_FALSE(made.has_value());
  return made.error();
}

TEST_CASE("a new cluster has its first namespaces", "[registry]") {
  const RegistryFixture world;
  CHECK(world.names("namespaces") ==
        std::vector<std::string>{"default", "kube-node-lease", "kube-public", "kube-system"});
  CHECK(world.registry->remove(*world.type("namespaces"), {"", "default"}).error().code == 403);
}

TEST_CASE("the generation rises with the spec only", "[registry]") {
  RegistryFixture world;
  world.create(kCrds, widget_crd(), "");
  CHECK(world.create(kWidgets, widget("w", {{"size", 1}}))["metadata"]["generation"] == 1);
  const auto generation = [&world](const Json& patch, Subresource subresource = Subresource::None) {
    return world.patch(kWidgets, "w", patch, subresource)["metadata"]["generation"].get<int>();
  };
  CHECK(generation({{"spec", {{"size", 2}}}}) == 2);
  CHECK(generation({{"metadata", {{"labels", {{"a", "b"}}}}}}) == 2);
  CHECK(generation({{"status", {{"phase", "x"}}}}, Subresource::Status) == 2);
  CHECK(world.get(kWidgets, "w")["spec"]["mode"] == "slow");
}

TEST_CASE("a write that changes nothing does not raise the version", "[registry]") {
  RegistryFixture world;
  world.create("configmaps", config_map("a", {{"k", "1"}}));
  const std::string version = world.registry->resource_version();
  world.patch("configmaps", "a", {{"data", {{"k", "1"}}}});
  CHECK(world.registry->resource_version() == version);
}

TEST_CASE("the status of a spec write and the spec of a status write are ignored", "[registry]") {
  RegistryFixture world;
  world.create("pods", pod("p"));
  Json changed = world.patch("pods", "p", {{"status", {{"phase", "Failed"}}}});
  CHECK(changed["status"]["phase"] == "Pending");
  changed = world.patch("pods", "p",
                        {{"status", {{"phase", "Failed"}}}, {"spec", {{"nodeName", "elsewhere"}}}},
                        Subresource::Status);
  CHECK(changed["status"]["phase"] == "Failed");
  CHECK_FALSE(changed["spec"].contains("nodeName"));
}

TEST_CASE("a scheduled pod ends gracefully", "[registry]") {
  RegistryFixture world;
  world.create("pods", pod("p"));
  // Binding: the node may be set once.
  world.patch("pods", "p", {{"spec", {{"nodeName", "here"}}}});
  const DeleteResult first = world.remove("pods", "p");
  CHECK_FALSE(first.removed);
  CHECK(world.get("pods", "p")["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:30Z");
  CHECK_FALSE(world.remove("pods", "p").removed);
  CHECK_FALSE(world.remove("pods", "p", {.grace_period_seconds = 10}).removed);
  CHECK(world.get("pods", "p")["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:10Z");
  CHECK_FALSE(world.remove("pods", "p", {.grace_period_seconds = 20}).removed);
  CHECK(world.get("pods", "p")["metadata"]["deletionGracePeriodSeconds"] == 10);
  CHECK(world.remove("pods", "p", {.grace_period_seconds = 0}).removed);
  CHECK_FALSE(world.exists("pods", "p"));
}

TEST_CASE("a pod that was never scheduled or has ended goes at once", "[registry]") {
  RegistryFixture world;
  world.create("pods", pod("unscheduled"));
  CHECK(world.remove("pods", "unscheduled").removed);
  world.create("pods", pod("ended", {{"nodeName", "here"}}));
  world.patch("pods", "ended", {{"status", {{"phase", "Succeeded"}}}}, Subresource::Status);
  CHECK(world.remove("pods", "ended").removed);
}

TEST_CASE("objects of built-in types are validated", "[registry]") {
  struct Case {
    std::string type;
    Json object;
    std::string message;
  };

  Json unnamed = pod("p");
  unnamed["spec"]["containers"] = Json::array({{{"image", "x"}}});
  Json twice = pod("p");
  twice["spec"]["containers"].push_back(twice["spec"]["containers"][0]);
  Json port = pod("p");
  port["spec"]["containers"][0]["ports"] = Json::array({{{"containerPort", 70000}}});
  Json unselective = replica_set("r", 1);
  unselective["spec"].erase("selector");
  Json once = replica_set("r", 1);
  once["spec"]["template"]["spec"]["restartPolicy"] = "Never";
  Json label = config_map("c");
  label["metadata"]["labels"]["a"] = "not ok";
  const Case cases[] = {
      {"pods",
       {{"metadata", {{"name", "p"}}}, {"spec", Json::object()}},
       "Pod \"p\" is invalid: spec.containers: Required value"},
      {"pods", unnamed, "Pod \"p\" is invalid: spec.containers[0].name: Required value"},
      {"pods", twice, "Pod \"p\" is invalid: spec.containers[1].name: Duplicate value: \"c\""},
      {"pods", port,
       "Pod \"p\" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 70000: "
       "must be between 1 and 65535, inclusive"},
      {kSets, unselective, "ReplicaSet.apps \"r\" is invalid: spec.selector: Required value"},
      {kSets, once,
       "ReplicaSet.apps \"r\" is invalid: spec.template.spec.restartPolicy: Unsupported value: "
       "\"Never\": supported values: \"Always\""},
      {"services",
       {{"metadata", {{"name", "s"}}}, {"spec", Json::object()}},
       "Service \"s\" is invalid: spec.ports: Required value"},
      {"configmaps", label,
       "ConfigMap \"c\" is invalid: metadata.labels: Invalid value: \"not ok\": a valid label must "
       "be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
       "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
       "used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"},
  };
  const RegistryFixture world;
  for (const Case& row : cases) {
    const ApiError error = refused(world, row.type, row.object);
    CHECK(error.code == 422);
    CHECK(error.message == row.message);
  }
}

TEST_CASE("wrong types of built-in fields are refused as Go's decoder does", "[registry]") {
  Json replicas = replica_set("r", 1);
  replicas["spec"]["replicas"] = "two";
  Json image = pod("p");
  image["spec"]["containers"][0]["image"] = 5;
  const RegistryFixture world;
  CHECK(refused(world, kSets, replicas).message ==
        "ReplicaSet in version \"v1\" cannot be handled as a ReplicaSet: json: cannot unmarshal "
        "string into Go struct field ReplicaSetSpec.spec.replicas of type int32");
  CHECK(refused(world, "pods", image).message ==
        "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal number into Go "
        "struct field Container.spec.containers.image of type string");
}

TEST_CASE("Services get addresses of their own and keep them", "[registry]") {
  RegistryFixture world;
  std::set<std::string> addresses;
  for (const char* name : {"a", "b", "c"}) {
    const Json made = world.create(
        "services", {{"metadata", {{"name", name}}}, {"spec", {{"ports", {{{"port", 80}}}}}}});
    addresses.insert(made["spec"]["clusterIP"].get<std::string>());
  }
  CHECK(addresses.size() == 3);
  const Json headless =
      world.create("services", {{"metadata", {{"name", "h"}}},
                                {"spec", {{"clusterIP", "None"}, {"ports", {{{"port", 80}}}}}}});
  CHECK(headless["spec"]["clusterIP"] == "None");
  const Json before = world.get("services", "a");
  const auto replaced = world.registry->update(
      *world.type("services"), {"default", "a"}, Subresource::None,
      dump_json({{"metadata", {{"name", "a"}}}, {"spec", {{"ports", {{{"port", 81}}}}}}}));
  REQUIRE(replaced.has_value());
  CHECK(world.get("services", "a")["spec"]["clusterIP"] == before["spec"]["clusterIP"]);
}

TEST_CASE("secrets take plain strings", "[registry]") {
  RegistryFixture world;
  const Json made =
      world.create("secrets", {{"metadata", {{"name", "s"}}}, {"stringData", {{"k", "hello"}}}});
  CHECK(made["data"]["k"] == "aGVsbG8=");
  CHECK(made["type"] == "Opaque");
  CHECK_FALSE(made.contains("stringData"));
}

TEST_CASE("what Go could not decode is refused", "[registry]") {
  const RegistryFixture world;
  const auto message = [&world](const std::string& text) {
    return refused(world, "secrets", {{"metadata", {{"name", "s"}}}, {"data", {{"k", text}}}})
        .message;
  };
  const std::string bad = "Secret in version \"v1\" cannot be handled as a Secret: ";
  for (const char* text : {"no base64", "plain", "YQ=a"})
    CHECK(message(text) == bad + "illegal base64 data");
  const Json lease = {{"metadata", {{"name", "l"}}}, {"spec", {{"renewTime", "todayZ"}}}};
  CHECK(refused(world, "leases.coordination.k8s.io", lease).code == 400);
}

TEST_CASE("numbers and quantities that Go cannot hold are refused", "[registry]") {
  RegistryFixture world;
  Json many = replica_set("r", 1);
  many["spec"]["replicas"] = 3'000'000'000;
  CHECK(refused(world, kSets, many).message ==
        "ReplicaSet in version \"v1\" cannot be handled as a ReplicaSet: json: cannot unmarshal "
        "number 3000000000 into Go struct field ReplicaSetSpec.spec.replicas of type int32");
  const auto with_memory = [](const Json& memory) {
    Json object = pod("p");
    object["spec"]["containers"][0]["resources"]["requests"]["memory"] = memory;
    return object;
  };
  for (const char* bad : {"", "some", "1.5GB", "1 Gi", "Gi", "1e", "5KK", "1.2.3", "--1"}) {
    INFO(bad);
    CHECK(refused(world, "pods", with_memory(bad)).code == 400);
  }
  for (const Json& good : {Json("1.5Gi"), Json("100m"), Json("+.5"), Json("1e3"), Json("2E-1"),
                           Json("3E"), Json("7."), Json(7)}) {
    INFO(good);
    world.create("pods", with_memory(good));
    world.remove("pods", "p");
  }
}

TEST_CASE("nulls in lists are empty elements", "[registry]") {
  RegistryFixture world;
  Json object = pod("p");
  object["spec"]["containers"][0]["command"] = {"run", nullptr};
  CHECK(world.create("pods", object)["spec"]["containers"][0]["command"] == Json({"run", ""}));
  Json held = config_map("c");
  held["metadata"]["finalizers"] = {nullptr};
  CHECK(refused(world, "configmaps", held).code == 422);
}

TEST_CASE("immutable data stays, and stays immutable", "[registry]") {
  RegistryFixture world;
  Json object = config_map("c", {{"k", "1"}});
  object["immutable"] = true;
  world.create("configmaps", object);
  for (const char* patch : {R"({"data":{"k":"2"}})", R"({"immutable":false})",
                            R"({"immutable":null,"data":{"k":"2"}})"}) {
    INFO(patch);
    const auto done = world.registry->patch(*world.type("configmaps"), {"default", "c"},
                                            Subresource::None, PatchType::Merge, patch);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == 422);
  }
}

TEST_CASE("ConfigMaps and Secrets hold a MiB at most", "[registry]") {
  RegistryFixture world;
  constexpr size_t kMost = size_t{1024} * 1024;
  world.create("configmaps", config_map("most", {{"k", std::string(kMost, 'x')}}));
  const ApiError error =
      refused(world, "configmaps", config_map("c", {{"k", std::string(kMost + 1, 'x')}}));
  CHECK(error.message ==
        "ConfigMap \"c\" is invalid: []: Too long: may not be more than 1048576 bytes");
  Json secret = {{"metadata", {{"name", "s"}}}};
  secret["stringData"]["k"] = std::string(kMost, 'x');
  world.create("secrets", secret);
  secret["stringData"]["k"] = std::string(kMost + 1, 'x');
  CHECK(refused(world, "secrets", secret).code == 422);
}

TEST_CASE("a patch with an unknown field is refused in strict mode", "[registry]") {
  RegistryFixture world;
  world.create(kCrds, widget_crd(), "");
  world.create(kWidgets, widget("w", {{"size", 1}}));
  const auto patched = world.registry->patch(
      *world.type(kWidgets), {"default", "w"}, Subresource::None, PatchType::Merge,
      R"({"spec":{"junk":1}})", {.field_validation = FieldValidation::Strict});
  REQUIRE_FALSE(patched.has_value());
  CHECK(patched.error().code == 422);
  CHECK(patched.error().message.ends_with("strict decoding error: unknown field \"spec.junk\""));
}

TEST_CASE("a CRD that cannot be used is refused and one that changes is followed", "[registry]") {
  RegistryFixture world;
  Json broken = widget_crd();
  broken["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["type"] = "x";
  CHECK(refused(world, kCrds, broken).code == 422);
  world.create(kCrds, widget_crd(), "");
  const uint64_t revision = world.registry->types_revision();
  Json versions = world.get(kCrds, "widgets.example.com")["spec"]["versions"];
  versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"]["maximum"] =
      5;
  world.patch(kCrds, "widgets.example.com", {{"spec", {{"versions", versions}}}});
  CHECK(world.registry->types_revision() > revision);
  CHECK(refused(world, kWidgets, widget("w", {{"size", 6}})).code == 422);
}

TEST_CASE("fields that a CRD makes selectable later select what is there", "[registry]") {
  RegistryFixture world;
  world.create(kCrds, widget_crd(), "");
  world.create(kWidgets, widget("fast", {{"size", 1}, {"mode", "fast"}}));
  world.create(kWidgets, widget("slow", {{"size", 1}}));
  const ListQuery query{.field_selector = "spec.mode=fast"};
  CHECK(world.registry->list(*world.type(kWidgets), query).error().code == 400);
  Json versions = widget_crd()["spec"]["versions"];
  versions[0]["selectableFields"] = Json::array({{{"jsonPath", ".spec.mode"}}});
  world.patch(kCrds, kWidgets, {{"spec", {{"versions", versions}}}});
  CHECK(world.names(kWidgets, query) == std::vector<std::string>{"fast"});
}

TEST_CASE("served versions of a CRD show the same objects", "[registry]") {
  RegistryFixture world;
  Json crd = widget_crd();
  Json second = crd["spec"]["versions"][0];
  second["name"] = "v1beta1";
  second["storage"] = false;
  crd["spec"]["versions"].push_back(second);
  world.create(kCrds, crd, "");
  const ResourceTypePtr beta = world.registry->find_type("example.com", "v1beta1", "widgets");
  REQUIRE(beta);
  Json old = widget("w", {{"size", 1}});
  old["apiVersion"] = "example.com/v1beta1";
  const auto made = world.registry->create(*beta, "default", dump_json(old));
  REQUIRE(made.has_value());
  CHECK(made->object->gvk.version == "v1beta1");
  CHECK(world.get(kWidgets, "w")["apiVersion"] == "example.com/v1");
}

TEST_CASE("Events go after an hour", "[registry]") {
  RegistryFixture world;
  const auto event = [](const std::string& name) {
    return Json{{"metadata", {{"name", name}}},
                {"involvedObject", {{"kind", "Pod"}, {"namespace", "default"}}}};
  };
  world.create("events", event("old"));
  world.clock.advance(std::chrono::minutes(61));
  world.create("events", event("new"));
  CHECK(world.names("events") == std::vector<std::string>{"new"});
}

TEST_CASE("a dry run stores nothing", "[registry]") {
  RegistryFixture world;
  world.create("configmaps", config_map("a", {{"k", "1"}}));
  const ResourceType& type = *world.type("configmaps");
  const std::string version = world.registry->resource_version();
  CHECK(world.registry->create(type, "default", dump_json(config_map("b")), {.dry_run = true})
            .has_value());
  CHECK(world.registry
            ->patch(type, {"default", "a"}, Subresource::None, PatchType::Merge,
                    R"({"data":{"k":"2"}})", {.dry_run = true})
            .has_value());
  CHECK(world.registry->remove(type, {"default", "a"}, {.dry_run = true}).has_value());
  CHECK(world.registry->resource_version() == version);
}

}  // namespace
}  // namespace sluice::local
