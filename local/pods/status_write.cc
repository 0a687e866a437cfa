#include "local/pods/status_write.h"

#include "local/pods/pod_status.h"

#include <nlohmann/json.hpp>

namespace sluice::local {

bool has_vanished(const Error& error) {
  return error.code == ErrorCode::NotFound || error.code == ErrorCode::Conflict;
}

asio::awaitable<Result<bool>> store_status(kube::ObjectStore& store, kube::WatchCache& cache,
                                           kube::ObjectPtr object, Json status) {
  const kube::PatchOptions options{.subresource = kube::Subresource::Status,
                                   .uid = object->meta.uid};
  Result<kube::Object> written = co_await store.patch(
      cache.resource(), object->meta.key(), kube::PatchType::Merge, status_patch(status), options);
  if (!written && has_vanished(written.error())) co_return false;
  if (!written) co_return fail(written.error().within("status"));
  cache.learn(*std::move(written));
  co_return true;
}

}  // namespace sluice::local
