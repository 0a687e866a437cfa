#include "controller/managed_services.h"

#include "base/log.h"
#include "controller/object_writer.h"
#include "crds/names.h"

#include <nlohmann/json.hpp>

#include <set>
#include <utility>

namespace sluice::controller {
namespace {

kube::Awaitable<Result<void>> release(ObjectWriter writer, ClusterView& view, ObjectKey service) {
  const kube::ObjectPtr known = view.services.find(service);
  if (!known) co_return Result<void>{};
  const kube::PatchOptions options{.resource_version = known->meta.resource_version,
                                   .uid = known->meta.uid};
  const auto written = co_await writer.patch(view.services, service, kube::PatchType::Merge,
                                             service_release(), options);
  if (written || written.error().code == ErrorCode::NotFound) co_return Result<void>{};
  co_return fail(written.error());
}

}  // namespace

std::string service_release() {
  return dump_json({{"metadata", {{"annotations", {{crds::kManagedByAnnotation, nullptr}}}}},
                    {"spec", {{"selector", {{crds::kPodTemplateHashLabel, nullptr}}}}}});
}

kube::Awaitable<Result<void>> give_back_services(kube::ObjectStore& store, kube::WriteLine& writes,
                                                 ClusterView& view, ObjectKey rollout) {
  if (view.service_managers.services_of(rollout).empty()) co_return Result<void>{};
  const auto found = co_await store.get(view.rollouts.resource(), rollout);
  if (found && !found->meta.deletion_timestamp) co_return Result<void>{};
  if (!found && found.error().code != ErrorCode::NotFound) co_return fail(found.error());
  const std::set<ObjectKey> services = view.service_managers.services_of(rollout);
  Result<void> all;
  for (const ObjectKey& service : services) {
    const auto released = co_await release(ObjectWriter(store, writes), view, service);
    if (!released) {
      log_warn("service cannot be given back",
               {{"service", service.to_string()}, {"error", released.error().message}});
      all = fail(released.error());
      continue;
    }
    log_info("service given back",
             {{"rollout", rollout.to_string()}, {"service", service.to_string()}});
  }
  co_return all;
}

}  // namespace sluice::controller
