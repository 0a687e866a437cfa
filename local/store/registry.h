#pragma once

// The Registry is the embedded cluster's API machinery without HTTP: all verbs with the semantics
// of a Kubernetes API server (validation, defaults, optimistic concurrency, generation,
// subresources, finalizers, watches). It owns every object: in memory for reading, in the Database
// for surviving a restart. An acknowledged write is in the database.
//
// It belongs to the event loop's thread and never blocks for longer than one small transaction.
// Objects that are due to vanish because of others (owners, namespaces) are the business of the
// GarbageCollector.

#include "base/clock.h"
#include "kube/object_store.h"
#include "local/store/api_error.h"
#include "local/store/resource_type.h"
#include "local/store/stored_object.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

class Database;
class RegistryState;
class Subscription;

using kube::PatchType;
using kube::Propagation;
using kube::Subresource;

/// What to do about fields that the type does not know, and about duplicate keys.
enum class FieldValidation { Ignore, Warn, Strict };

struct WriteOptions {
  FieldValidation field_validation = FieldValidation::Warn;  ///< The real server's default.
  bool dry_run = false;                                      ///< Answer as if, but store nothing.
};

struct WriteResult {
  ObjectPtr object;  ///< For the scale subresource: a Scale of autoscaling/v1.
  /// Texts for `Warning: 299 - "<text>"` headers.
  std::vector<std::string> warnings;
};

struct DeleteOptions {
  /// Unset: what the finalizers on the object say, else Background.
  std::optional<Propagation> propagation;
  std::optional<int64_t> grace_period_seconds;
  std::string uid;               ///< Precondition where set.
  std::string resource_version;  ///< Precondition where set.
  bool dry_run = false;
};

struct DeleteResult {
  /// The object's last state; still stored (terminating) where `removed` is false.
  ObjectPtr object;
  bool removed = false;
  /// The HTTP body: the object itself or, for most types that were removed at once, a Status
  /// "Success" with details.
  std::string answer;
};

struct ListQuery {
  std::string namespace_;  ///< Empty: all.
  std::string label_selector;
  std::string field_selector;
  int64_t limit = 0;  ///< 0: everything.
  std::string continue_token;
  /// One of the future answers 504. Lists are of the newest state, unless `exact` asks for the
  /// state of just this version: 410 where that is not known any more.
  std::string resource_version;
  bool exact = false;
};

struct ListPage {
  std::vector<ObjectPtr> items;  ///< Ordered by namespace, then name.
  /// Of the state that is shown: the same for all pages of a list.
  std::string resource_version;
  std::string continue_token;  ///< Empty: the last page.
  /// With a continue token and without selectors: how many follow.
  std::optional<int64_t> remaining;
};

struct WatchQuery {
  std::string namespace_;  ///< Empty: all.
  std::string label_selector;
  std::string field_selector;
  /// Empty or "0": all present objects come first, as Added. Else the events after that version.
  std::string resource_version;
};

/// One stored change, for those who follow everything (garbage collector, controllers).
struct Change {
  kube::WatchEventType type = kube::WatchEventType::Added;
  ResourceTypePtr resource;
  ObjectPtr before;  ///< Null for Added.
  ObjectPtr after;   ///< For Deleted: the last state, with the version of the deletion.
};

class Registry {
 public:
  /// Empty until load_some() has loaded everything.
  Registry(std::unique_ptr<Database> database, Clock& clock);
  /// With everything loaded at once.
  static Result<std::unique_ptr<Registry>> open(std::unique_ptr<Database> database, Clock& clock);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Loads the next object from the database; after the last one makes the namespaces that every
  /// cluster has (default, kube-system, …) where they are missing, and returns false.
  Result<bool> load_some();

  // --- Types

  /// All served types in a stable order: built-in first, then by group, version, plural.
  std::vector<ResourceTypePtr> types() const;
  /// Counts up with every change of the set of types: for caches of discovery documents.
  uint64_t types_revision() const;
  /// Null where no such type is served.
  ResourceTypePtr find_type(std::string_view group, std::string_view version,
                            std::string_view plural) const;
  /// By kind, in the preferred version. Null where there is none.
  ResourceTypePtr find_kind(std::string_view group, std::string_view kind) const;

  /// Serves a type that no CRD of the registry defines, in these versions (as types_of_crd gives
  /// them) and until the process ends: worlds that are made by the thousand share compiled schemas.
  void serve(std::vector<ResourceTypePtr> versions);

  // --- Reading

  /// `key.namespace_` is empty for cluster-scoped types. Subresource Scale gives a Scale; a
  /// subresource that the type lacks is 404.
  ApiResult<ObjectPtr> get(const ResourceType& type, const ObjectKey& key,
                           Subresource subresource = Subresource::None) const;
  ApiResult<ListPage> list(const ResourceType& type, const ListQuery& query) const;
  /// Events from now on (or from the given version) until the subscription is destroyed.
  /// See watch_hub.h. 410 where the history is gone.
  ApiResult<std::shared_ptr<Subscription>> watch(const ResourceType& type, const WatchQuery& query);
  /// The version of the last write, for bookmarks and lists.
  std::string resource_version() const;

  // --- Writing. `body` is JSON text (YAML is turned into JSON by the caller).

  ApiResult<WriteResult> create(const ResourceType& type, const std::string& namespace_,
                                std::string_view body, const WriteOptions& options = {});
  /// PUT. Not found is 404: nothing is created.
  ApiResult<WriteResult> update(const ResourceType& type, const ObjectKey& key,
                                Subresource subresource, std::string_view body,
                                const WriteOptions& options = {});
  /// A patch of a custom resource by PatchType::Strategic is 415.
  ApiResult<WriteResult> patch(const ResourceType& type, const ObjectKey& key,
                               Subresource subresource, PatchType patch_type, std::string_view body,
                               const WriteOptions& options = {});
  ApiResult<DeleteResult> remove(const ResourceType& type, const ObjectKey& key,
                                 const DeleteOptions& options = {});

  // --- Following

  /// Calls `observer` after every stored change, on the writer's stack: it must only note what to
  /// do later. Ends when the returned handle is destroyed.
  [[nodiscard]] std::shared_ptr<void> observe(std::function<void(const Change&)> observer);
  /// Makes uids and generated names repeatable: for seeded simulation.
  void seed(uint64_t seed);

  // --- For the garbage collector. Objects without a type (any more) are left out.

  struct Reference {
    ResourceTypePtr type;
    ObjectPtr object;
  };

  /// The objects that name this uid as an owner.
  std::vector<Reference> dependents_of(const std::string& owner_uid) const;
  /// The object with this uid, or nulls.
  Reference find_uid(const std::string& uid) const;
  /// All objects in a namespace, of all types.
  std::vector<Reference> objects_in(const std::string& namespace_) const;
  /// All objects of all types.
  std::vector<Reference> all_objects() const;
  /// Takes the built-in finalizer of a terminating namespace away; with the last one it is removed.
  /// Its contents must be gone.
  ApiResult<void> finalize_namespace(const std::string& name);

 private:
  std::unique_ptr<RegistryState> state_;
};

}  // namespace sluice::local
