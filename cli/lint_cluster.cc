#include "cli/lint_cluster.h"

#include "crds/names.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::cli {
namespace {

constexpr int64_t kPageSize = 500;

struct Kind {
  std::string_view group;
  std::string_view kind;
};

constexpr Kind kKinds[] = {{"", "Service"},
                           {"gateway.networking.k8s.io", "HTTPRoute"},
                           {crds::kGroup, crds::kRollout},
                           {crds::kGroup, crds::kAnalysisTemplate},
                           {crds::kGroup, crds::kClusterAnalysisTemplate}};

}  // namespace

kube::Awaitable<Result<std::vector<Json>>> objects_around(kube::ObjectStore& store,
                                                          std::string namespace_) {
  std::vector<Json> objects;
  for (const Kind& kind : kKinds) {
    const kube::Resource* resource = kube::find_resource(kind.group, kind.kind);
    if (resource == nullptr) continue;
    kube::ListOptions options;
    if (resource->namespaced) options.namespace_ = namespace_;
    options.limit = kPageSize;
    do {
      const auto page = co_await store.list(*resource, options);
      if (!page && page.error().code == ErrorCode::NotFound) break;
      if (!page) co_return fail(page.error());
      for (const kube::Object& object : page->items) {
        auto document = object.parse();
        if (!document) co_return fail(document.error());
        (*document)["apiVersion"] = resource->gvk.api_version();
        (*document)["kind"] = resource->gvk.kind;
        objects.push_back(*document);
        // Manifests mostly leave the namespace out.
        if (namespace_ == "default" || !resource->namespaced) continue;
        (*document)["metadata"].erase("namespace");
        objects.push_back(*std::move(document));
      }
      options.continue_token = page->continue_token;
    } while (!options.continue_token.empty());
  }
  co_return objects;
}

}  // namespace sluice::cli
