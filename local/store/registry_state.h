#pragma once

// The state behind the Registry, shared by the files that implement its verbs: database, objects in
// memory, types, watches, and the one way to store a change. Private to registry*.cc.

#include "local/store/database.h"
#include "local/store/registry.h"
#include "local/store/registry_metadata.h"
#include "local/store/registry_objects.h"
#include "local/store/registry_snapshots.h"
#include "local/store/registry_types.h"
#include "local/store/watch_hub.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace sluice::local {

/// The CRD that was checked last and the types that it defines: what is checked before it is stored
/// is compiled once for both.
struct CheckedCrd {
  std::string name;
  Json spec;
  std::vector<ResourceTypePtr> types;
};

class RegistryState {
 public:
  RegistryState(std::unique_ptr<Database> opened, Clock& wall);

  /// Fills the memory from the database, one piece a call; false once all is there.
  Result<bool> load_some();

  ResourceTypePtr type_of(const ResourceType& type) const;
  /// The object in the stored version, or 404.
  ApiResult<ObjectPtr> require(const ResourceType& type, const ObjectKey& key) const;

  /// Stores one change and tells everybody. `document` gets the next resourceVersion and the stored
  /// apiVersion; for Deleted it is the last state. `before` is null for Added.
  ApiResult<ObjectPtr> commit(kube::WatchEventType kind, const ResourceType& type, Json document,
                              const ObjectPtr& before);

  /// A uid, a suffix for generated names, and the time.
  NewIdentity new_identity();
  /// The addresses of all Services.
  std::set<std::string> service_addresses() const;

  std::unique_ptr<Database> database;
  Clock& clock;
  ObjectIndex objects;
  ListSnapshots snapshots;
  TypeSet types;
  CheckedCrd checked_crd;
  WatchHub hub;
  std::vector<std::weak_ptr<std::function<void(const Change&)>>> observers;
  std::mt19937_64 random;
  SystemTime events_expired_at{};  ///< When old Events were last removed.

 private:
  Result<void> load_row(const ObjectRow& row);
  void publish(const Change& change);

  std::vector<ObjectRow> early_;  ///< Read from the database before their types were.
};

// --- registry_crds.cc

/// Compiles the CRD's schemas, unless that was done last: an error where they cannot be used.
ApiResult<void> check_crd(RegistryState& state, const Json& crd);
/// Makes the types of a stored CRD served, or ends them where it was deleted.
void follow_crd(RegistryState& state, const Change& change);
/// Writes the conditions NamesAccepted and Established of a new CRD.
ApiResult<void> establish_crd(RegistryState& state, const ObjectKey& key);

// --- registry_scale.cc

/// The Scale of an object; 500 where a custom resource does not have the path.
ApiResult<Json> scale_of(const Json& document, const ResourceType& type);
/// Takes the number of replicas of a Scale document over into the object.
ApiResult<void> apply_scale(Json& document, Json scale, const ResourceType& type);
/// A Scale document as an answer.
ApiResult<ObjectPtr> scale_answer(const Json& document, const ResourceType& type);

// --- registry_write.cc

/// Stores a new state of an object, or removes it where that was what its finalizers held up; a
/// state that is equal to `old`, the document of `before` in the type's version, is not stored.
ApiResult<ObjectPtr> store_update(RegistryState& state, const ResourceType& type, Json document,
                                  const Json& old, const ObjectPtr& before, bool dry_run);
/// True once nothing holds a terminating object up any more.
bool is_released(const Json& document);

// --- registry_list.cc

/// Reads and checks the selectors of a list or watch.
ApiResult<Selectors> read_selectors(const ResourceType& type, const std::string& labels,
                                    const std::string& fields);
/// "" is 0; anything but a number is 500, as on the real server; one of the future is 504.
ApiResult<int64_t> read_version(const std::string& text, int64_t last_version);

}  // namespace sluice::local
