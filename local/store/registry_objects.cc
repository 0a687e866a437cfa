#include "local/store/registry_objects.h"

namespace sluice::local {

ObjectPtr ObjectIndex::find(const std::string& type, const ObjectKey& key) const {
  const ObjectsOfType& objects = of_type(type);
  const auto found = objects.find(key);
  return found == objects.end() ? nullptr : found->second;
}

const ObjectsOfType& ObjectIndex::of_type(const std::string& type) const {
  static const ObjectsOfType none;
  const auto found = types_.find(type);
  return found == types_.end() ? none : found->second;
}

const ObjectPlace* ObjectIndex::find_uid(const std::string& uid) const {
  const auto found = by_uid_.find(uid);
  return found == by_uid_.end() ? nullptr : &found->second;
}

std::vector<ObjectPlace> ObjectIndex::dependents_of(const std::string& owner_uid) const {
  const auto found = by_owner_.find(owner_uid);
  if (found == by_owner_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

void ObjectIndex::for_each(
    const std::function<void(const std::string& type, const ObjectPtr&)>& visit) const {
  for (const auto& [type, objects] : types_)
    for (const auto& [key, object] : objects) visit(type, object);
}

std::vector<ObjectPlace> ObjectIndex::in_namespace(const std::string& namespace_) const {
  std::vector<ObjectPlace> places;
  for (const auto& [type, objects] : types_) {
    for (auto at = objects.lower_bound({namespace_, ""});
         at != objects.end() && at->first.namespace_ == namespace_; ++at) {
      places.push_back({type, at->first});
    }
  }
  return places;
}

void ObjectIndex::put(const std::string& type, ObjectPtr object) {
  ObjectPtr& slot = types_[type][object->meta.key()];
  if (slot) unlink(type, *slot);
  const ObjectPlace place{type, object->meta.key()};
  by_uid_[object->meta.uid] = place;
  for (const OwnerReference& owner : object->meta.owner_references)
    by_owner_[owner.uid].insert(place);
  slot = std::move(object);
}

void ObjectIndex::erase(const std::string& type, const ObjectKey& key) {
  const auto objects = types_.find(type);
  if (objects == types_.end()) return;
  const auto found = objects->second.find(key);
  if (found == objects->second.end()) return;
  unlink(type, *found->second);
  objects->second.erase(found);
}

void ObjectIndex::unlink(const std::string& type, const StoredObject& object) {
  by_uid_.erase(object.meta.uid);
  for (const OwnerReference& owner : object.meta.owner_references) {
    const auto found = by_owner_.find(owner.uid);
    if (found == by_owner_.end()) continue;
    found->second.erase({type, object.meta.key()});
    if (found->second.empty()) by_owner_.erase(found);
  }
}

}  // namespace sluice::local
