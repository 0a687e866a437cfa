#pragma once

// Store is the embedded cluster as a kube::ObjectStore: the controller, the built-in controllers
// and tests use it in the same process, with the semantics that a client has over HTTP. Its
// awaitables are ready at once, but for watches and logs.

#include "kube/object_store.h"
#include "local/store/pod_logs.h"
#include "local/store/registry.h"
#include "local/store/trimmed_objects.h"

#include <memory>

namespace sluice::local {

class Store : public kube::ObjectStore {
 public:
  /// The registry, and the logs where there are any, must outlive the store.
  explicit Store(Registry& registry, PodLogs* logs = nullptr) : registry_(registry), logs_(logs) {}

  kube::Awaitable<Result<kube::Object>> get(kube::Resource resource, ObjectKey key) override;
  kube::Awaitable<Result<kube::ObjectList>> list(kube::Resource resource,
                                                 kube::ListOptions options) override;
  kube::Awaitable<Result<std::unique_ptr<kube::Watch>>> watch(kube::Resource resource,
                                                              kube::WatchOptions options) override;
  kube::Awaitable<Result<kube::Object>> create(kube::Resource resource, std::string namespace_,
                                               std::string body,
                                               kube::CreateOptions options = {}) override;
  kube::Awaitable<Result<kube::Object>> patch(kube::Resource resource, ObjectKey key,
                                              kube::PatchType type, std::string body,
                                              kube::PatchOptions options) override;
  kube::Awaitable<Result<void>> remove(kube::Resource resource, ObjectKey key,
                                       kube::RemoveOptions options) override;
  kube::Awaitable<Result<std::string>> pod_log(ObjectKey pod, std::string container,
                                               size_t bytes_max) override;

 private:
  Registry& registry_;
  PodLogs* logs_;
  /// Shared with the watches, which may outlive the store.
  std::shared_ptr<TrimmedObjects> trimmed_ = std::make_shared<TrimmedObjects>();
};

}  // namespace sluice::local
