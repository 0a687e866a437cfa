#pragma once

// ReadOnlyStore: a Kubernetes API that can be looked at. Whoever holds one has no way to write:
// every write is refused here, and never reaches the API.

#include "kube/object_store.h"

#include <cstdint>

namespace sluice::kube {

class ReadOnlyStore final : public ObjectStore {
 public:
  /// `inner` must outlive the store, and it all calls that go through it.
  explicit ReadOnlyStore(ObjectStore& inner) : inner_(inner) {}

  Awaitable<Result<Object>> get(Resource resource, ObjectKey key) override;
  Awaitable<Result<ObjectList>> list(Resource resource, ListOptions options) override;
  Awaitable<Result<std::unique_ptr<Watch>>> watch(Resource resource, WatchOptions options) override;
  /// Forbidden, as the other two.
  Awaitable<Result<Object>> create(Resource resource, std::string namespace_, std::string body,
                                   CreateOptions options) override;
  Awaitable<Result<Object>> patch(Resource resource, ObjectKey key, PatchType type,
                                  std::string body, PatchOptions options) override;
  Awaitable<Result<void>> remove(Resource resource, ObjectKey key, RemoveOptions options) override;
  Awaitable<Result<std::string>> pod_log(ObjectKey pod, std::string container,
                                         size_t bytes_max) override;

 private:
  ObjectStore& inner_;
};

}  // namespace sluice::kube
