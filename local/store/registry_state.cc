#include "local/store/registry_state.h"

#include "base/log.h"
#include "local/store/registry_decode.h"
#include "local/store/registry_stored.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {
namespace {

constexpr std::string_view kCrds = "customresourcedefinitions.apiextensions.k8s.io";
/// What the real server makes names of: no vowels and no digits that look like them.
constexpr std::string_view kNameAlphabet = "bcdfghjklmnpqrstvwxz2456789";
constexpr size_t kNameSuffixLength = 5;

constexpr size_t kTightObjectMax = size_t{64} * 1024;  // bytes
constexpr const char* kTight =
    "the disk is full: neither Events nor objects over 64 KiB are stored until it has room";

/// RFC 9562, version 4.
std::string make_uuid(std::mt19937_64& random) {
  const uint64_t high = (random() & ~uint64_t{0xf000}) | uint64_t{0x4000};
  const uint64_t low = (random() & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                     high & 0xffff, low >> 48, low & 0xffffffffffffULL);
}

bool selects_differently(const StoredObject& before, const StoredObject& after) {
  return before.meta.labels != after.meta.labels || before.fields != after.fields;
}

/// What is not stored while the disk is full, so that the reserve lasts for what moves traffic.
bool is_dispensable(const ObjectRow& object) {
  return object.type == "events" || object.json.size() > kTightObjectMax;
}

}  // namespace

RegistryState::RegistryState(std::unique_ptr<Database> opened, Clock& wall)
    : database(std::move(opened)),
      clock(wall),
      snapshots(database->last_version()),
      random(std::random_device{}()) {}

Result<bool> RegistryState::load_some() {
  auto more = database->load_some([this](ObjectRow row) -> Result<void> {
    if (types.find_stored(row.type)) return load_row(row);
    early_.push_back(std::move(row));
    return {};
  });
  if (!more || *more || early_.empty()) return more;
  if (auto loaded = load_row(early_.back()); !loaded) return fail(loaded.error());
  early_.pop_back();
  return true;
}

Result<void> RegistryState::load_row(const ObjectRow& row) {
  const ResourceTypePtr type = types.find_stored(row.type);
  if (!type) {
    log_error("stored object of a type that is not served",
              {{"type", row.type}, {"name", row.name}});
    return {};
  }
  const auto document = parse_json(row.json);
  if (!document) return fail(document.error().within(row.type + " " + row.name));
  const auto object = make_stored(*document, *type);
  if (!object) return fail(object.error().within(row.type + " " + row.name));
  objects.put(row.type, *object);
  if (row.type == kCrds) follow_crd(*this, {kube::WatchEventType::Added, type, nullptr, *object});
  return {};
}

ResourceTypePtr RegistryState::type_of(const ResourceType& type) const {
  return types.find_stored(type.storage_name());
}

ApiResult<ObjectPtr> RegistryState::require(const ResourceType& type, const ObjectKey& key) const {
  ObjectPtr object = objects.find(type.storage_name(), key);
  if (!object) return fail(object_not_found(type.resource(), key.name));
  return object;
}

ApiResult<ObjectPtr> RegistryState::commit(kube::WatchEventType kind, const ResourceType& type,
                                           Json document, const ObjectPtr& before) {
  const ResourceTypePtr served = type_of(type);
  if (!served) return fail(path_not_found());  // Its CRD went while the request was on its way.
  const int64_t version = database->last_version() + 1;
  document["metadata"]["resourceVersion"] = std::to_string(version);
  if (type.version != type.storage_version) {
    document["apiVersion"] =
        type.group.empty() ? type.storage_version : type.group + "/" + type.storage_version;
  }
  auto stored = make_stored(document, type);
  if (!stored) return fail(bad_request(stored.error().message));
  const ObjectPtr& after = *stored;
  if (kind != kube::WatchEventType::Deleted)
    if (auto fits = check_extent(*after->json); !fits) return fail(fits.error());
  const std::string storage_name = type.storage_name();
  ChangeRow row{.kind = kind,
                .object = {storage_name, after->meta.namespace_, after->meta.name, after->meta.uid,
                           version, *after->json},
                .before = std::nullopt,
                .time = clock.system_now()};
  if (before && selects_differently(*before, *after)) row.before = *before->json;
  if (database->is_tight() && is_dispensable(row.object)) return fail(storage_full(kTight));
  if (auto done = database->apply(row); !done) {
    if (done.error().code == ErrorCode::Unavailable)
      return fail(storage_full(done.error().message));
    log_error("write failed", {{"error", done.error().message}});
    return fail(internal_failure(done.error().message));
  }
  snapshots.note_change(storage_name, version);
  if (kind == kube::WatchEventType::Deleted)
    objects.erase(storage_name, after->meta.key());
  else
    objects.put(storage_name, after);
  publish({kind, served, before, after});
  return after;
}

void RegistryState::publish(const Change& change) {
  if (change.resource->storage_name() == kCrds) follow_crd(*this, change);
  hub.publish(change);
  std::erase_if(observers, [](const auto& observer) { return observer.expired(); });
  // An observer may end another one, but it never adds any: this runs on the writer's stack.
  for (const auto& observer : observers)
    if (const auto call = observer.lock()) (*call)(change);
}

NewIdentity RegistryState::new_identity() {
  NewIdentity identity{.uid = make_uuid(random), .name_suffix = "", .now = clock.system_now()};
  for (size_t at = 0; at < kNameSuffixLength; ++at)
    identity.name_suffix += kNameAlphabet[random() % kNameAlphabet.size()];
  return identity;
}

std::set<std::string> RegistryState::service_addresses() const {
  std::set<std::string> addresses;
  for (const auto& [key, service] : objects.of_type("services")) {
    const auto found = service->fields.find("spec.clusterIP");
    if (found != service->fields.end()) addresses.insert(found->second);
  }
  return addresses;
}

}  // namespace sluice::local
