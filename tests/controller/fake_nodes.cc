#include "tests/controller/fake_nodes.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::controller::test {
namespace {

std::vector<local::ObjectPtr> list_all(const local::Registry& registry,
                                       const local::ResourceTypePtr& type) {
  const auto page = registry.list(*type, {});
  REQUIRE(page);
  return page->items;
}

void write_status(local::Registry& registry, const local::ResourceTypePtr& type,
                  const ObjectKey& key, const Json& status) {
  const auto written = registry.patch(*type, key, local::Subresource::Status,
                                      local::PatchType::Merge, dump_json({{"status", status}}));
  INFO((written ? "" : written.error().message));
  REQUIRE(written);
}

std::string image_of(const Json& replica_set) {
  const Json* containers = find_path(replica_set, "spec.template.spec.containers");
  return containers == nullptr ? "" : string_at(containers->front(), "image");
}

/// False where the route's status already tells of its generation.
bool is_new(const Json& route) {
  const Json* parents = find_path(route, "status.parents");
  if (parents == nullptr || parents->empty()) return true;
  return int_at(parents->front()["conditions"].front(), "observedGeneration") !=
         int_at(route, "metadata.generation");
}

}  // namespace

const FakeKubelet::Seen& FakeKubelet::see(const local::ObjectPtr& object) {
  Seen& seen = seen_[object->meta.key()];
  if (seen.object == object) return seen;
  const Json replica_set = *parse_json(*object->json);
  seen = {.object = object,
          .image = image_of(replica_set),
          .wanted = int_at(replica_set, "spec.replicas"),
          .replicas = int_at(replica_set, "status.replicas"),
          .available = int_at(replica_set, "status.availableReplicas"),
          .generation = int_at(replica_set, "status.observedGeneration")};
  return seen;
}

void FakeKubelet::tick() {
  const auto type = registry_.find_kind("apps", "ReplicaSet");
  for (const local::ObjectPtr& object : list_all(registry_, type)) {
    const Seen& now = see(object);
    int64_t available = std::min(now.wanted, now.replicas);
    if (const auto limit = available_max.find(now.image); limit != available_max.end())
      available = std::min<int64_t>(available, limit->second);
    const bool same = now.wanted == now.replicas && available == now.available &&
                      now.generation == object->meta.generation;
    if (same) continue;
    write_status(registry_, type, object->meta.key(),
                 {{"replicas", now.wanted},
                  {"readyReplicas", available},
                  {"availableReplicas", available},
                  {"observedGeneration", object->meta.generation}});
  }
}

void FakeGateway::tick() {
  if (stuck) return;
  const auto type = registry_.find_kind("gateway.networking.k8s.io", "HTTPRoute");
  for (const local::ObjectPtr& object : list_all(registry_, type)) {
    local::ObjectPtr& taken_up = taken_up_[object->meta.key()];
    if (taken_up == object) continue;
    if (!is_new(*parse_json(*object->json))) {
      taken_up = object;
      continue;
    }
    Json conditions = Json::array();
    for (const char* name : {"Accepted", "ResolvedRefs"}) {
      conditions.push_back({{"type", name},
                            {"status", "True"},
                            {"reason", name},
                            {"message", ""},
                            {"observedGeneration", object->meta.generation},
                            {"lastTransitionTime", "2026-01-01T00:00:00Z"}});
    }
    const Json parent = {{"controllerName", "example.com/gateway"},
                         {"parentRef", {{"name", "gateway"}}},
                         {"conditions", conditions}};
    write_status(registry_, type, object->meta.key(), {{"parents", Json::array({parent})}});
  }
}

}  // namespace sluice::controller::test
