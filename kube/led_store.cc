#include "kube/led_store.h"

#include <utility>

namespace sluice::kube {
namespace {

Error not_leading() {
  return unavailable("not written: this process does not lead");
}

}  // namespace

Awaitable<Result<Object>> LedStore::get(Resource resource, ObjectKey key) {
  return inner_.get(std::move(resource), std::move(key));
}

Awaitable<Result<ObjectList>> LedStore::list(Resource resource, ListOptions options) {
  return inner_.list(std::move(resource), std::move(options));
}

Awaitable<Result<std::unique_ptr<Watch>>> LedStore::watch(Resource resource, WatchOptions options) {
  return inner_.watch(std::move(resource), std::move(options));
}

Awaitable<Result<Object>> LedStore::create(Resource resource, std::string namespace_,
                                           std::string body, CreateOptions options) {
  if (!leadership_.may_write()) co_return fail(not_leading());
  co_return co_await inner_.create(std::move(resource), std::move(namespace_), std::move(body),
                                   options);
}

Awaitable<Result<Object>> LedStore::patch(Resource resource, ObjectKey key, PatchType type,
                                          std::string body, PatchOptions options) {
  if (!leadership_.may_write()) co_return fail(not_leading());
  co_return co_await inner_.patch(std::move(resource), std::move(key), type, std::move(body),
                                  std::move(options));
}

Awaitable<Result<void>> LedStore::remove(Resource resource, ObjectKey key, RemoveOptions options) {
  if (!leadership_.may_write()) co_return fail(not_leading());
  co_return co_await inner_.remove(std::move(resource), std::move(key), std::move(options));
}

Awaitable<Result<std::string>> LedStore::pod_log(ObjectKey pod, std::string container,
                                                 size_t bytes_max) {
  return inner_.pod_log(std::move(pod), std::move(container), bytes_max);
}

}  // namespace sluice::kube
