#pragma once

// How a controller of this room writes the status of an object that it looks after.

#include "base/json.h"
#include "kube/object_store.h"
#include "kube/watch_cache.h"

namespace sluice::local {

namespace asio = boost::asio;

/// The object that a write named by its UID is not there any more, or another one bears its name.
bool has_vanished(const Error& error);

/// Merges `status` into the status of that very object; the cache learns the answer. False where
/// the object has vanished. `store` and `cache` must outlive the coroutine.
asio::awaitable<Result<bool>> store_status(kube::ObjectStore& store, kube::WatchCache& cache,
                                           kube::ObjectPtr object, Json status);

}  // namespace sluice::local
