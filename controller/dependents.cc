#include "controller/dependents.h"

#include <fmt/core.h>

#include <functional>
#include <utility>

namespace sluice::controller {
namespace {

uint64_t digest(const traffic::ObjectRef& object) {
  const auto& [gvk, key] = object;
  return std::hash<std::string>()(
      fmt::format("{} {} {} {}", gvk.group, gvk.kind, key.namespace_, key.name));
}

}  // namespace

void Dependents::depend(const ObjectKey& rollout, const std::set<traffic::ObjectRef>& objects) {
  Digests digests;
  digests.reserve(objects.size());
  for (const traffic::ObjectRef& object : objects) digests.push_back(digest(object));
  const auto entry = objects_.try_emplace(rollout).first;
  if (entry->second == digests) return;
  unlink(*entry);
  for (const uint64_t object : digests) rollouts_[object].push_back(&entry->first);
  entry->second = std::move(digests);
}

void Dependents::forget(const ObjectKey& rollout) {
  const auto entry = objects_.find(rollout);
  if (entry == objects_.end()) return;
  unlink(*entry);
  objects_.erase(entry);
}

std::vector<ObjectKey> Dependents::of(const traffic::ObjectRef& object) const {
  std::vector<ObjectKey> rollouts;
  const auto found = rollouts_.find(digest(object));
  if (found == rollouts_.end()) return rollouts;
  for (const ObjectKey* rollout : found->second) rollouts.push_back(*rollout);
  return rollouts;
}

void Dependents::unlink(const Objects::value_type& entry) {
  for (const uint64_t object : entry.second) {
    const auto found = rollouts_.find(object);
    std::erase(found->second, &entry.first);
    if (found->second.empty()) rollouts_.erase(found);
  }
}

}  // namespace sluice::controller
