#pragma once

// GatedStore: a Kubernetes API whose writes pass a gate, which is asked at that moment; reads pass
// always. While nobody but the leader may write a standby keeps its caches warm, and whoever only
// looks has nothing to write with.

#include "kube/leadership.h"
#include "kube/object_store.h"

#include <functional>
#include <optional>
#include <string_view>

namespace sluice::kube {

class GatedStore final : public ObjectStore {
 public:
  /// Why a write may not pass; nothing where it may.
  using Gate = std::function<std::optional<Error>(std::string_view verb, const Resource& resource)>;

  /// `inner` must outlive the store, and all calls that go through it.
  GatedStore(ObjectStore& inner, Gate gate) : inner_(inner), gate_(std::move(gate)) {}

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
  Gate gate_;
};

/// Open while this process leads, as the clock says when it is asked: Unavailable else.
/// `leadership` must outlive the gate.
GatedStore::Gate while_leading(const Leadership& leadership);

/// Never open: Forbidden. That somebody tries is a fault, and logged.
GatedStore::Gate only_looking();

}  // namespace sluice::kube
