#include "kube/read_only_store.h"

#include "base/log.h"

#include <utility>

namespace sluice::kube {
namespace {

Error refuse(std::string_view verb, const Resource& resource) {
  log_error("a write where nothing may be written",
            {{"verb", std::string(verb)}, {"resource", resource.plural}});
  return {ErrorCode::Forbidden, "nothing is written: this process only looks"};
}

}  // namespace

Awaitable<Result<Object>> ReadOnlyStore::get(Resource resource, ObjectKey key) {
  return inner_.get(std::move(resource), std::move(key));
}

Awaitable<Result<ObjectList>> ReadOnlyStore::list(Resource resource, ListOptions options) {
  return inner_.list(std::move(resource), std::move(options));
}

Awaitable<Result<std::unique_ptr<Watch>>> ReadOnlyStore::watch(Resource resource,
                                                               WatchOptions options) {
  return inner_.watch(std::move(resource), std::move(options));
}

Awaitable<Result<Object>> ReadOnlyStore::create(Resource resource, std::string /*namespace_*/,
                                                std::string /*body*/, CreateOptions /*options*/) {
  co_return fail(refuse("create", resource));
}

Awaitable<Result<Object>> ReadOnlyStore::patch(Resource resource, ObjectKey /*key*/,
                                               PatchType /*type*/, std::string /*body*/,
                                               PatchOptions /*options*/) {
  co_return fail(refuse("patch", resource));
}

Awaitable<Result<void>> ReadOnlyStore::remove(Resource resource, ObjectKey /*key*/,
                                              RemoveOptions /*options*/) {
  co_return fail(refuse("remove", resource));
}

Awaitable<Result<std::string>> ReadOnlyStore::pod_log(ObjectKey pod, std::string container,
                                                      size_t bytes_max) {
  return inner_.pod_log(std::move(pod), std::move(container), bytes_max);
}

}  // namespace sluice::kube
