#include "local/store/garbage_collector.h"

#include "base/log.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace sluice::local {
namespace {

constexpr std::string_view kOrphan = "orphan";
constexpr std::string_view kForeground = "foregroundDeletion";
constexpr std::string_view kCrdCleanup = "customresourcecleanup.apiextensions.k8s.io";

bool has_finalizer(const ObjectMeta& meta, std::string_view finalizer) {
  return std::ranges::find(meta.finalizers, finalizer) != meta.finalizers.end();
}

/// Takes `change` over into the object's metadata; a loser of a race is looked at again anyway.
size_t patch_metadata(Registry& registry, const Registry::Reference& target, Json change) {
  const auto done = registry.patch(*target.type, target.object->meta.key(), Subresource::None,
                                   PatchType::Merge, dump_json({{"metadata", std::move(change)}}),
                                   {.field_validation = FieldValidation::Ignore});
  if (!done) {
    log_warn("garbage collection could not change an object",
             {{"object", target.object->meta.key().to_string()}, {"error", done.error().message}});
  }
  return done ? 1 : 0;
}

size_t drop_finalizer(Registry& registry, const Registry::Reference& target,
                      std::string_view finalizer) {
  Json kept = Json::array();
  for (const std::string& name : target.object->meta.finalizers)
    if (name != finalizer) kept.push_back(name);
  return patch_metadata(registry, target, {{"finalizers", std::move(kept)}});
}

/// Leaves only the references that `keep` wants.
template <typename Keep>
size_t prune_owners(Registry& registry, const Registry::Reference& target, Keep keep) {
  Json kept = Json::array();
  for (const OwnerReference& owner : target.object->meta.owner_references)
    if (keep(owner)) kept.push_back(encode_owner_reference(owner));
  return patch_metadata(registry, target, {{"ownerReferences", std::move(kept)}});
}

/// The owners no longer wait for this object.
size_t unblock_owners(Registry& registry, const Registry::Reference& target) {
  Json owners = Json::array();
  for (OwnerReference owner : target.object->meta.owner_references) {
    owner.block_owner_deletion = false;
    owners.push_back(encode_owner_reference(owner));
  }
  return patch_metadata(registry, target, {{"ownerReferences", std::move(owners)}});
}

size_t remove(Registry& registry, const Registry::Reference& target,
              std::optional<Propagation> propagation) {
  const auto done = registry.remove(*target.type, target.object->meta.key(),
                                    {.propagation = propagation, .uid = target.object->meta.uid});
  return done ? 1 : 0;
}

/// Whether the reference says nothing about where its owner is: one of a kind with namespaces, on
/// an object without any. As with the real collector such an owner never counts as gone.
bool is_unresolvable(const Registry& registry, const ObjectMeta& dependent,
                     const OwnerReference& owner) {
  if (!dependent.namespace_.empty()) return false;
  const GroupVersionKind gvk = make_gvk(owner.api_version, owner.kind);
  const ResourceTypePtr type = registry.find_kind(gvk.group, gvk.kind);
  return type && type->namespaced;
}

/// An owner counts where it exists and can own: in the same namespace, or in none.
bool owner_exists(const Registry& registry, const ObjectMeta& dependent,
                  const OwnerReference& owner) {
  if (is_unresolvable(registry, dependent, owner)) return true;
  const Registry::Reference found = registry.find_uid(owner.uid);
  return found.object && (found.object->meta.namespace_.empty() ||
                          found.object->meta.namespace_ == dependent.namespace_);
}

bool waits_for_dependents(const ObjectMeta& meta) {
  return meta.deletion_timestamp && has_finalizer(meta, kForeground);
}

/// An owner that is deleted in the foreground and waits for this dependent.
bool owner_waits(const Registry& registry, const OwnerReference& owner) {
  const Registry::Reference found = registry.find_uid(owner.uid);
  return found.object && waits_for_dependents(found.object->meta);
}

bool blocks(const ObjectMeta& dependent, const std::string& owner_uid) {
  return std::ranges::any_of(dependent.owner_references, [&](const OwnerReference& owner) {
    return owner.uid == owner_uid && owner.block_owner_deletion;
  });
}

}  // namespace

GarbageCollector::GarbageCollector(Registry& registry, Clock& clock)
    : registry_(registry), clock_(clock) {}

GarbageCollector::~GarbageCollector() {
  clock_.cancel(timer_);
}

void GarbageCollector::start() {
  observation_ = registry_.observe([this](const Change& change) { note(change); });
  for (const Registry::Reference& reference : registry_.all_objects())
    note_object(reference.type, reference.object);
}

void GarbageCollector::note(const Change& change) {
  if (change.type != kube::WatchEventType::Deleted) {
    note_object(change.resource, change.after);
    if (change.before) note_released(change.before->meta.owner_references);
    return;
  }
  const ObjectMeta& gone = change.after->meta;
  for (const Registry::Reference& dependent : registry_.dependents_of(gone.uid)) {
    dependents_.insert(dependent.object->meta.uid);
    schedule(Duration::zero());
  }
  note_released(gone.owner_references);
  if (namespaces_.contains(gone.namespace_)) schedule(Duration::zero());
  if (change.resource->custom && crds_.contains(change.resource->storage_name()))
    schedule(Duration::zero());
}

void GarbageCollector::note_object(const ResourceTypePtr& type, const ObjectPtr& object) {
  const ObjectMeta& meta = object->meta;
  const bool lost = !meta.deletion_timestamp && !meta.owner_references.empty() &&
                    std::ranges::none_of(meta.owner_references, [&](const OwnerReference& owner) {
                      return owner_exists(registry_, meta, owner) && !owner_waits(registry_, owner);
                    });
  if (lost) {
    dependents_.insert(meta.uid);
    schedule(Duration::zero());
  }
  if (!meta.deletion_timestamp) return;
  if (has_finalizer(meta, kOrphan) || has_finalizer(meta, kForeground)) {
    owners_.insert(meta.uid);
    schedule(Duration::zero());
  }
  if (type->is_builtin("Namespace")) {
    namespaces_.emplace(meta.name, clock_.steady_now() + kNamespaceLinger);
    schedule(kNamespaceLinger);
  }
  if (type->is_builtin("CustomResourceDefinition")) {
    crds_.insert(meta.name);
    schedule(Duration::zero());
  }
}

void GarbageCollector::note_released(const std::vector<OwnerReference>& owners) {
  for (const OwnerReference& owner : owners) {
    if (!owner_waits(registry_, owner)) continue;
    owners_.insert(owner.uid);
    schedule(Duration::zero());
  }
}

void GarbageCollector::schedule(Duration delay) {
  const SteadyTime deadline = clock_.steady_now() + delay;
  if (timer_ != 0 && due_ <= deadline) return;
  clock_.cancel(timer_);
  due_ = deadline;
  timer_ = clock_.call_at(deadline, [this] {
    timer_ = 0;
    collect();
  });
}

size_t GarbageCollector::collect() {
  size_t done = 0;
  const auto left = [&done] { return kCollectedMax - std::min(done, kCollectedMax); };
  // What is found due on the way gets a turn of its own, by schedule().
  std::set<std::string> owners = std::exchange(owners_, {});
  while (!owners.empty() && left() > 0)
    done += release_dependents(owners.extract(owners.begin()).value(), left());
  owners_.merge(owners);
  std::set<std::string> dependents = std::exchange(dependents_, {});
  while (!dependents.empty() && left() > 0)
    done += collect_orphans(dependents.extract(dependents.begin()).value());
  dependents_.merge(dependents);
  for (const std::string& name : std::set(crds_))
    if (left() > 0) done += collect_crd(name, left());
  for (const auto& [name, visible_until] : std::map(namespaces_))
    if (left() > 0) done += collect_namespace(name, visible_until, left());
  if (left() == 0) schedule(Duration::zero());
  return done;
}

size_t GarbageCollector::collect_orphans(const std::string& uid) {
  const Registry::Reference dependent = registry_.find_uid(uid);
  if (!dependent.object || dependent.object->meta.deletion_timestamp) return 0;
  const ObjectMeta& meta = dependent.object->meta;
  const auto waits = [&](const OwnerReference& owner) { return owner_waits(registry_, owner); };
  const auto holds = [&](const OwnerReference& owner) {
    return owner_exists(registry_, meta, owner) && !waits(owner);
  };
  // With an owner that stays the others let go: neither those that are gone nor those that wait for
  // this object have a claim to it.
  if (std::ranges::any_of(meta.owner_references, holds)) {
    const bool all_hold = std::ranges::all_of(meta.owner_references, holds);
    return all_hold ? 0 : prune_owners(registry_, dependent, holds);
  }
  // A chain of blocking owners goes from its end: the dependent waits for its own first.
  const bool awaited = std::ranges::any_of(meta.owner_references, waits);
  const std::vector<Registry::Reference> own = registry_.dependents_of(uid);
  if (!awaited || own.empty()) return remove(registry_, dependent, Propagation::Background);
  // Where the chain is a ring, one that waits is among its own, and both would wait for ever.
  const bool ring = std::ranges::any_of(own, [](const Registry::Reference& reference) {
    return waits_for_dependents(reference.object->meta);
  });
  const size_t unblocked = ring ? unblock_owners(registry_, dependent) : 0;
  return unblocked + remove(registry_, dependent, Propagation::Foreground);
}

size_t GarbageCollector::release_dependents(const std::string& owner_uid, size_t left) {
  const Registry::Reference owner = registry_.find_uid(owner_uid);
  if (!owner.object || !owner.object->meta.deletion_timestamp) return 0;
  const std::vector<Registry::Reference> dependents = registry_.dependents_of(owner_uid);
  size_t done = 0;
  if (has_finalizer(owner.object->meta, kOrphan)) {
    for (const Registry::Reference& dependent : dependents) {
      if (done == left) {
        owners_.insert(owner_uid);
        return done;
      }
      done += prune_owners(registry_, dependent, [&](const OwnerReference& reference) {
        return reference.uid != owner_uid;
      });
    }
    return done + drop_finalizer(registry_, owner, kOrphan);
  }
  if (!has_finalizer(owner.object->meta, kForeground)) return 0;
  bool blocked = false;
  for (const Registry::Reference& dependent : dependents) {
    blocked = blocked || blocks(dependent.object->meta, owner_uid);
    if (!dependent.object->meta.deletion_timestamp) {
      dependents_.insert(dependent.object->meta.uid);
      schedule(Duration::zero());
    }
  }
  return blocked ? done : drop_finalizer(registry_, owner, kForeground);
}

size_t GarbageCollector::collect_namespace(const std::string& name, SteadyTime visible_until,
                                           size_t left) {
  const ResourceTypePtr type = registry_.find_type("", "v1", "namespaces");
  const auto found = registry_.get(*type, {"", name});
  if (!found || !(*found)->meta.deletion_timestamp) {
    namespaces_.erase(name);
    return 0;
  }
  size_t done = 0;
  for (const Registry::Reference& reference : registry_.objects_in(name))
    if (done < left && !reference.object->meta.deletion_timestamp)
      done += remove(registry_, reference, Propagation::Background);
  if (!registry_.objects_in(name).empty()) return done;
  if (const SteadyTime now = clock_.steady_now(); now < visible_until) {
    schedule(visible_until - now);
    return done;
  }
  namespaces_.erase(name);
  return done + (registry_.finalize_namespace(name) ? 1 : 0);
}

size_t GarbageCollector::collect_crd(const std::string& name, size_t left) {
  const ResourceTypePtr type =
      registry_.find_type("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  const auto crd = registry_.get(*type, {"", name});
  if (!crd || !(*crd)->meta.deletion_timestamp) {
    crds_.erase(name);
    return 0;
  }
  size_t done = 0;
  bool remain = false;
  for (const Registry::Reference& reference : registry_.all_objects()) {
    if (reference.type->storage_name() != name) continue;
    if (done < left && !reference.object->meta.deletion_timestamp)
      done += remove(registry_, reference, Propagation::Background);
    remain = remain || registry_.find_uid(reference.object->meta.uid).object;
  }
  if (remain) return done;
  crds_.erase(name);
  return done + drop_finalizer(registry_, {type, *crd}, kCrdCleanup);
}

}  // namespace sluice::local
