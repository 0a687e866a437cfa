#include "controller/pods_of.h"

#include "crds/names.h"

#include <fmt/format.h>

#include <utility>

namespace sluice::controller {

kube::Awaitable<Result<PodPage>> read_pods(kube::ObjectStore& store, std::string namespace_,
                                           PodOwner owner, int64_t limit, std::string token) {
  kube::ListOptions where{
      .namespace_ = std::move(namespace_),
      .label_selector = fmt::format("{}={}", crds::kPodTemplateHashLabel, owner.hash),
      .limit = limit,
      .continue_token = std::move(token)};
  auto list = co_await store.list(*kube::find_resource("", "Pod"), std::move(where));
  if (!list) co_return fail(list.error());
  std::erase_if(list->items, [&](const kube::Object& pod) {
    const OwnerReference* controller = pod.meta.controller();
    return controller == nullptr || controller->uid != owner.uid;
  });
  co_return PodPage{.pods = std::move(list->items), .next = std::move(list->continue_token)};
}

}  // namespace sluice::controller
