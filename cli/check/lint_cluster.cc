#include "cli/check/lint_cluster.h"

#include "crds/names.h"
#include "traffic/router_registry.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::cli {
namespace {

constexpr int64_t kPageSize = 500;

/// What Rollouts may refer to: kinds of our own, Services, and what routers read.
std::vector<kube::Resource> resources() {
  std::vector<kube::Resource> all{
      *kube::find_resource("", "Service"), *kube::find_resource(crds::kGroup, crds::kRollout),
      *kube::find_resource(crds::kGroup, crds::kAnalysisTemplate),
      *kube::find_resource(crds::kGroup, crds::kClusterAnalysisTemplate)};
  for (const traffic::ObjectKind& kind : traffic::builtin_routers().reads())
    all.push_back({.gvk = kind.gvk, .plural = kind.plural});
  return all;
}

}  // namespace

kube::Awaitable<Result<std::vector<Json>>> objects_around(kube::ObjectStore& store,
                                                          std::string namespace_) {
  std::vector<Json> objects;
  const std::vector<kube::Resource> wanted = resources();
  for (const kube::Resource& resource : wanted) {
    kube::ListOptions options;
    if (resource.namespaced) options.namespace_ = namespace_;
    options.limit = kPageSize;
    do {
      const auto page = co_await store.list(resource, options);
      if (!page && page.error().code == ErrorCode::NotFound) break;
      if (!page) co_return fail(page.error());
      for (const kube::Object& object : page->items) {
        auto document = object.parse();
        if (!document) co_return fail(document.error());
        (*document)["apiVersion"] = resource.gvk.api_version();
        (*document)["kind"] = resource.gvk.kind;
        objects.push_back(*document);
        // Manifests mostly leave the namespace out.
        if (namespace_ == "default" || !resource.namespaced) continue;
        (*document)["metadata"].erase("namespace");
        objects.push_back(*std::move(document));
      }
      options.continue_token = page->continue_token;
    } while (!options.continue_token.empty());
  }
  co_return objects;
}

}  // namespace sluice::cli
