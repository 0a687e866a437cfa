#include "controller/managed_services.h"

#include "base/log.h"
#include "controller/object_writer.h"
#include "crds/names.h"

#include <nlohmann/json.hpp>

namespace sluice::controller {
namespace {

std::optional<ObjectKey> manager_of(const kube::ObjectPtr& service) {
  if (!service) return std::nullopt;
  const std::string name = service->meta.annotation(crds::kManagedByAnnotation);
  if (name.empty()) return std::nullopt;
  return ObjectKey{service->meta.namespace_, name};
}

}  // namespace

std::string service_release() {
  return dump_json({{"metadata", {{"annotations", {{crds::kManagedByAnnotation, nullptr}}}}},
                    {"spec", {{"selector", {{crds::kPodTemplateHashLabel, nullptr}}}}}});
}

std::optional<ObjectKey> ManagedServices::note(const kube::WatchCache::Change& change) {
  const auto before = manager_of(change.before);
  const auto after = manager_of(change.after);
  if (before && before != after) {
    const auto found = services_.find(*before);
    if (found != services_.end()) {
      found->second.erase(change.key);
      if (found->second.empty()) services_.erase(found);
    }
  }
  if (after) services_[*after].insert(change.key);
  return after;
}

const std::set<ObjectKey>& ManagedServices::of(const ObjectKey& rollout) const {
  static const std::set<ObjectKey> none;
  const auto found = services_.find(rollout);
  return found == services_.end() ? none : found->second;
}

kube::Awaitable<Result<void>> ManagedServices::give_back(ObjectKey rollout) {
  if (!services_.contains(rollout)) co_return Result<void>{};
  const auto found = co_await store_.get(view_.rollouts.resource(), rollout);
  if (found && !found->meta.deletion_timestamp) co_return Result<void>{};
  if (!found && found.error().code != ErrorCode::NotFound) co_return fail(found.error());
  const std::set<ObjectKey> services = services_[rollout];
  for (const ObjectKey& service : services) {
    const auto released = co_await release(service);
    if (!released) {
      log_warn("service cannot be given back",
               {{"service", service.to_string()}, {"error", released.error().message}});
      co_return fail(released.error());
    }
    log_info("service given back",
             {{"rollout", rollout.to_string()}, {"service", service.to_string()}});
  }
  co_return Result<void>{};
}

kube::Awaitable<Result<void>> ManagedServices::release(ObjectKey service) {
  const kube::ObjectPtr known = view_.services.find(service);
  if (!known) co_return Result<void>{};
  const kube::PatchOptions options{.resource_version = known->meta.resource_version,
                                   .uid = known->meta.uid};
  ObjectWriter writer(store_);
  const auto written = co_await writer.patch(view_.services, service, kube::PatchType::Merge,
                                             service_release(), options);
  if (written || written.error().code == ErrorCode::NotFound) co_return Result<void>{};
  co_return fail(written.error());
}

}  // namespace sluice::controller
