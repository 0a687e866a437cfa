#include "cli/act/endpoints.h"

#include "base/json_list.h"
#include "crds/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::cli {
namespace {

std::string name_of(const Json& endpoint) {
  const std::string pod = string_at(endpoint, "targetRef.name");
  if (!pod.empty()) return pod;
  const Json& addresses = list_at(endpoint, "addresses");
  return addresses.empty() || !addresses[0].is_string() ? "an endpoint without an address"
                                                        : addresses[0].get<std::string>();
}

kube::Awaitable<Result<std::vector<kube::Object>>> list_labelled(Session& session,
                                                                 kube::Resource resource,
                                                                 std::string labels) {
  auto list = co_await session.store.list(
      resource, {.namespace_ = session.namespace_, .label_selector = std::move(labels)});
  if (!list) co_return fail(list.error());
  co_return std::move(list->items);
}

}  // namespace

std::set<std::string> endpoints_beside(const std::vector<Json>& slices,
                                       const std::set<std::string>& pods) {
  std::set<std::string> beside;
  for (const Json& slice : slices) {
    for (const Json& endpoint : list_at(slice, "endpoints")) {
      const bool ready = bool_at(endpoint, "conditions.ready", true);
      if (const std::string name = name_of(endpoint); ready && !pods.contains(name))
        beside.insert(name);
    }
  }
  return beside;
}

kube::Awaitable<Result<std::set<std::string>>> endpoints_beside_revision(Session& session,
                                                                         std::string service,
                                                                         std::string hash) {
  if (service.empty()) co_return std::set<std::string>();
  const auto pods = co_await list_labelled(session, *kube::find_resource("", "Pod"),
                                           fmt::format("{}={}", crds::kPodTemplateHashLabel, hash));
  const auto slices =
      co_await list_labelled(session, *kube::find_resource("discovery.k8s.io", "EndpointSlice"),
                             "kubernetes.io/service-name=" + service);
  for (const auto* list : {&pods, &slices}) {
    if (!*list && list->error().code == ErrorCode::Forbidden) co_return std::set<std::string>();
    if (!*list) co_return fail(list->error());
  }
  std::set<std::string> ours;
  for (const kube::Object& pod : *pods) ours.insert(pod.meta.name);
  std::vector<Json> documents;
  for (const kube::Object& slice : *slices)
    if (auto document = slice.parse()) documents.push_back(*std::move(document));
  co_return endpoints_beside(documents, ours);
}

}  // namespace sluice::cli
