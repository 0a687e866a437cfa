#pragma once

// ObjectWriter: what each answer to a write means, and that the caches learn it, said once for all
// who write.
//
//   create  AlreadyExists       one's own, made before the process died or its answer got lost, is
//                               as good as made; somebody else's has the name: Conflict
//           NotFound then       it went away in between: Conflict
//   patch   Conflict, NotFound, and Invalid of a JSON patch, whose test failed: the caches are
//                               behind; they ask for the object before the error is passed on
//   remove  NotFound            as good as removed
//           Conflict            another object has the name by now: the caches ask for it
//
// All other errors are passed on. A Conflict says: look anew. Each write stands in the line of this
// process (kube/write_line.h) before it is made.

#include "kube/object_store.h"
#include "kube/watch_cache.h"
#include "kube/write_line.h"

#include <set>
#include <string>

namespace sluice::controller {

/// Whose objects are made: a Rollout, or anything else that owns some.
struct Owner {
  OwnerReference reference;
  std::string namespace_;
  /// Names that were found taken by somebody else's object; added to. Outlives the write.
  std::set<std::string>* names_taken = nullptr;
};

/// The owner that bears `meta`, as its controlled objects refer to it.
Owner make_owner(const GroupVersionKind& gvk, const ObjectMeta& meta,
                 std::set<std::string>* names_taken);

class ObjectWriter {
 public:
  using Rank = kube::WriteLine::Rank;

  /// `store` and `line` must outlive the writer, and each cache the writes to it.
  ObjectWriter(kube::ObjectStore& store, kube::WriteLine& line, Rank rank = Rank::Usual)
      : store_(store), line_(line), rank_(rank) {}

  /// Creates an object that refers to its owner; `name` and namespace are those in `body`.
  kube::Awaitable<Result<void>> create(kube::WatchCache& cache, Owner owner, std::string name,
                                       std::string body, kube::CreateOptions options = {});
  /// The object that would be created, with no field unknown. The caches learn nothing.
  kube::Awaitable<Result<kube::Object>> try_create(kube::WatchCache& cache, std::string namespace_,
                                                   std::string body);
  /// Gives the resource version that the object has now.
  kube::Awaitable<Result<std::string>> patch(kube::WatchCache& cache, ObjectKey key,
                                             kube::PatchType type, std::string body,
                                             kube::PatchOptions options);
  kube::Awaitable<Result<void>> remove(kube::WatchCache& cache, ObjectKey key, std::string uid);

 private:
  /// The object that has the name, if it is the owner's.
  kube::Awaitable<Result<kube::Object>> own_namesake(kube::WatchCache& cache, Owner owner,
                                                     std::string name);

  kube::ObjectStore& store_;
  kube::WriteLine& line_;
  Rank rank_;
};

}  // namespace sluice::controller
