#include "tests/local_store/registry_fixture.h"

#include "local/store/database.h"

#include <catch2/catch.hpp>

namespace sluice::local {

RegistryFixture::RegistryFixture(std::string path) : database_path(std::move(path)) {
  auto database = Database::open(database_path);
  REQUIRE(database.has_value());
  auto opened = Registry::open(std::move(*database), clock);
  REQUIRE(opened.has_value());
  registry = std::move(*opened);
  registry->seed(1);
  collector = std::make_unique<GarbageCollector>(*registry, clock);
  collector->start();
}

ResourceTypePtr RegistryFixture::type(const std::string& storage_name) const {
  for (const ResourceTypePtr& candidate : registry->types())
    if (candidate->storage_name() == storage_name) return candidate;
  FAIL("no type " << storage_name);
  return nullptr;
}

Json RegistryFixture::create(const std::string& storage_name, const Json& object,
                             const std::string& namespace_) {
  const auto made = registry->create(*type(storage_name), namespace_, dump_json(object));
  INFO((made ? "" : made.error().message));
  REQUIRE(made.has_value());
  return *parse_json(*made->object->json);
}

Json RegistryFixture::patch(const std::string& storage_name, const std::string& name,
                            const Json& merge_patch, Subresource subresource) {
  const ResourceTypePtr patched = type(storage_name);
  const auto done = registry->patch(*patched, {patched->namespaced ? "default" : "", name},
                                    subresource, PatchType::Merge, dump_json(merge_patch));
  INFO((done ? "" : done.error().message));
  REQUIRE(done.has_value());
  return *parse_json(*done->object->json);
}

DeleteResult RegistryFixture::remove(const std::string& storage_name, const std::string& name,
                                     const DeleteOptions& options) {
  const ResourceTypePtr removed = type(storage_name);
  auto done = registry->remove(*removed, {removed->namespaced ? "default" : "", name}, options);
  INFO((done ? "" : done.error().message));
  REQUIRE(done.has_value());
  return std::move(*done);
}

Json RegistryFixture::get(const std::string& storage_name, const std::string& name) const {
  const ResourceTypePtr read = type(storage_name);
  const auto found = registry->get(*read, {read->namespaced ? "default" : "", name});
  return found ? *parse_json(*(*found)->json) : Json();
}

bool RegistryFixture::exists(const std::string& storage_name, const std::string& name) const {
  return !get(storage_name, name).is_null();
}

std::vector<std::string> RegistryFixture::names(const std::string& storage_name,
                                                const ListQuery& query) const {
  const auto page = registry->list(*type(storage_name), query);
  REQUIRE(page.has_value());
  std::vector<std::string> out;
  for (const ObjectPtr& item : page->items) out.push_back(item->meta.name);
  return out;
}

void RegistryFixture::settle() {
  clock.advance(2 * kNamespaceLinger);
}

Json config_map(const std::string& name, const Json& data) {
  Json object = {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}}}};
  if (!data.empty()) object["data"] = data;
  return object;
}

Json pod(const std::string& name, const Json& spec) {
  Json object = {{"apiVersion", "v1"},
                 {"kind", "Pod"},
                 {"metadata", {{"name", name}}},
                 {"spec", {{"containers", {{{"name", "c"}, {"image", "shop:v1"}}}}}}};
  object["spec"].update(spec);
  return object;
}

Json replica_set(const std::string& name, int replicas) {
  const Json labels = {{"app", name}};
  return {{"apiVersion", "apps/v1"},
          {"kind", "ReplicaSet"},
          {"metadata", {{"name", name}}},
          {"spec",
           {{"replicas", replicas},
            {"selector", {{"matchLabels", labels}}},
            {"template", {{"metadata", {{"labels", labels}}}, {"spec", pod(name)["spec"]}}}}}};
}

Json widget_crd() {
  const Json schema = {
      {"type", "object"},
      {"properties",
       {{"spec",
         {{"type", "object"},
          {"properties",
           {{"size", {{"type", "integer"}, {"maximum", 100}}},
            {"mode", {{"type", "string"}, {"default", "slow"}}}}}}},
        {"status", {{"type", "object"}, {"properties", {{"phase", {{"type", "string"}}}}}}}}}};
  const Json version = {{"name", "v1"},
                        {"served", true},
                        {"storage", true},
                        {"schema", {{"openAPIV3Schema", schema}}},
                        {"subresources", {{"status", Json::object()}}}};
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", "widgets.example.com"}}},
          {"spec",
           {{"group", "example.com"},
            {"scope", "Namespaced"},
            {"names", {{"plural", "widgets"}, {"kind", "Widget"}}},
            {"versions", Json::array({version})}}}};
}

Json widget(const std::string& name, const Json& spec) {
  return {{"apiVersion", "example.com/v1"},
          {"kind", "Widget"},
          {"metadata", {{"name", name}}},
          {"spec", spec}};
}

Json owned_by(Json object, const Json& owner, bool blocks) {
  object["metadata"]["ownerReferences"].push_back({{"apiVersion", owner["apiVersion"]},
                                                   {"kind", owner["kind"]},
                                                   {"name", owner["metadata"]["name"]},
                                                   {"uid", owner["metadata"]["uid"]},
                                                   {"blockOwnerDeletion", blocks}});
  return object;
}

std::vector<std::string> drain(Subscription& subscription) {
  std::vector<std::string> out;
  while (const auto item = subscription.poll()) {
    switch (item->type) {
      case kube::WatchEventType::Added:
        out.push_back("ADDED " + item->object->meta.name);
        break;
      case kube::WatchEventType::Modified:
        out.push_back("MODIFIED " + item->object->meta.name);
        break;
      case kube::WatchEventType::Deleted:
        out.push_back("DELETED " + item->object->meta.name);
        break;
      case kube::WatchEventType::Bookmark:
        out.emplace_back("BOOKMARK");
        break;
    }
  }
  return out;
}

}  // namespace sluice::local
