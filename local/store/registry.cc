#include "local/store/registry.h"

#include "base/log.h"
#include "local/store/registry_state.h"
#include "local/store/registry_stored.h"

#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

constexpr const char* kFirstNamespaces[] = {"default", "kube-system", "kube-public",
                                            "kube-node-lease"};

/// Nulls for what nobody can reach: an object that outlived its CRD, whose finalizer was taken
/// away.
Registry::Reference reference_to(const RegistryState& state, const ObjectPlace& place) {
  ResourceTypePtr type = state.types.find_stored(place.type);
  if (!type) return {};
  return {std::move(type), state.objects.find(place.type, place.key)};
}

std::vector<Registry::Reference> references_to(const RegistryState& state,
                                               const std::vector<ObjectPlace>& places) {
  std::vector<Registry::Reference> references;
  references.reserve(places.size());
  for (const ObjectPlace& place : places) {
    Registry::Reference reference = reference_to(state, place);
    if (reference.type) references.push_back(std::move(reference));
  }
  return references;
}

Result<void> make_first_namespaces(Registry& registry) {
  const ResourceTypePtr type = registry.find_type("", "v1", "namespaces");
  for (const char* name : kFirstNamespaces) {
    if (registry.get(*type, {"", name})) continue;
    const auto made = registry.create(*type, "", dump_json({{"metadata", {{"name", name}}}}));
    if (!made) return fail(to_error(made.error()));
  }
  return {};
}

}  // namespace

Registry::~Registry() = default;

Registry::Registry(std::unique_ptr<Database> database, Clock& clock)
    : state_(std::make_unique<RegistryState>(std::move(database), clock)) {}

Result<bool> Registry::load_some() {
  const auto more = state_->load_some();
  if (!more || *more) return more;
  if (auto made = make_first_namespaces(*this); !made) return fail(made.error());
  return false;
}

Result<std::unique_ptr<Registry>> Registry::open(std::unique_ptr<Database> database, Clock& clock) {
  auto registry = std::make_unique<Registry>(std::move(database), clock);
  while (true) {
    const auto more = registry->load_some();
    if (!more) return fail(more.error());
    if (!*more) return registry;
  }
}

std::vector<ResourceTypePtr> Registry::types() const {
  return state_->types.all();
}

uint64_t Registry::types_revision() const {
  return state_->types.revision();
}

ResourceTypePtr Registry::find_type(std::string_view group, std::string_view version,
                                    std::string_view plural) const {
  return state_->types.find(group, version, plural);
}

ResourceTypePtr Registry::find_kind(std::string_view group, std::string_view kind) const {
  return state_->types.find_kind(group, kind);
}

void Registry::serve(std::vector<ResourceTypePtr> versions) {
  const std::string name = versions.front()->storage_name();
  state_->types.set_custom(name, std::move(versions));
}

ApiResult<ObjectPtr> Registry::get(const ResourceType& type, const ObjectKey& key,
                                   Subresource subresource) const {
  auto object = state_->require(type, key);
  if (!object) return object;
  switch (subresource) {
    case Subresource::None:
      break;
    case Subresource::Status:
      if (!type.has_status) return fail(object_not_found(type.resource(), key.name));
      break;
    case Subresource::Scale:
      if (!type.scale) return fail(object_not_found(type.resource(), key.name));
      return scale_answer(document_of(**object), type);
  }
  return in_version(*object, type);
}

std::string Registry::resource_version() const {
  return std::to_string(state_->database->last_version());
}

std::shared_ptr<void> Registry::observe(std::function<void(const Change&)> observer) {
  auto handle = std::make_shared<std::function<void(const Change&)>>(std::move(observer));
  state_->observers.push_back(handle);
  return handle;
}

void Registry::seed(uint64_t seed) {
  state_->random.seed(seed);
}

std::vector<Registry::Reference> Registry::dependents_of(const std::string& owner_uid) const {
  return references_to(*state_, state_->objects.dependents_of(owner_uid));
}

Registry::Reference Registry::find_uid(const std::string& uid) const {
  const ObjectPlace* place = state_->objects.find_uid(uid);
  return place == nullptr ? Reference{} : reference_to(*state_, *place);
}

std::vector<Registry::Reference> Registry::objects_in(const std::string& namespace_) const {
  return references_to(*state_, state_->objects.in_namespace(namespace_));
}

std::vector<Registry::Reference> Registry::all_objects() const {
  std::vector<Reference> references;
  state_->objects.for_each([&](const std::string& type, const ObjectPtr& object) {
    if (ResourceTypePtr known = state_->types.find_stored(type))
      references.push_back({std::move(known), object});
  });
  return references;
}

}  // namespace sluice::local
