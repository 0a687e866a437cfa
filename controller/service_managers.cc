#include "controller/service_managers.h"

#include "crds/names.h"

namespace sluice::controller {

std::optional<ObjectKey> ServiceManagers::of_service(const kube::ObjectPtr& service) {
  if (!service) return std::nullopt;
  const std::string name = service->meta.annotation(crds::kManagedByAnnotation);
  if (name.empty()) return std::nullopt;
  return ObjectKey{service->meta.namespace_, name};
}

void ServiceManagers::note(const kube::WatchCache::Change& change) {
  const auto before = of_service(change.before);
  const auto after = of_service(change.after);
  if (before && before != after) {
    const auto found = services_.find(*before);
    if (found != services_.end()) {
      found->second.erase(change.key);
      if (found->second.empty()) services_.erase(found);
    }
  }
  if (after) services_[*after].insert(change.key);
}

const std::set<ObjectKey>& ServiceManagers::services_of(const ObjectKey& rollout) const {
  static const std::set<ObjectKey> none;
  const auto found = services_.find(rollout);
  return found == services_.end() ? none : found->second;
}

std::vector<ObjectKey> ServiceManagers::rollouts() const {
  std::vector<ObjectKey> rollouts;
  for (const auto& [rollout, services] : services_) rollouts.push_back(rollout);
  return rollouts;
}

}  // namespace sluice::controller
