#pragma once

// LedStore lets writes through only while this process leads, as the clock says at that moment.
// Reads pass always: a standby keeps its caches warm.

#include "kube/leadership.h"
#include "kube/object_store.h"

namespace sluice::kube {

class LedStore : public ObjectStore {
 public:
  /// Both must outlive it.
  LedStore(ObjectStore& inner, const Leadership& leadership)
      : inner_(inner), leadership_(leadership) {}

  Awaitable<Result<Object>> get(Resource resource, ObjectKey key) override;
  Awaitable<Result<ObjectList>> list(Resource resource, ListOptions options) override;
  Awaitable<Result<std::unique_ptr<Watch>>> watch(Resource resource, WatchOptions options) override;
  Awaitable<Result<Object>> create(Resource resource, std::string namespace_, std::string body,
                                   CreateOptions options = {}) override;
  Awaitable<Result<Object>> patch(Resource resource, ObjectKey key, PatchType type,
                                  std::string body, PatchOptions options) override;
  Awaitable<Result<void>> remove(Resource resource, ObjectKey key, RemoveOptions options) override;
  Awaitable<Result<std::string>> pod_log(ObjectKey pod, std::string container,
                                         size_t bytes_max) override;

 private:
  ObjectStore& inner_;
  const Leadership& leadership_;
};

}  // namespace sluice::kube
