#include "kube/gated_store.h"

#include "base/log.h"

#include <string>
#include <utility>

namespace sluice::kube {

Awaitable<Result<Object>> GatedStore::get(Resource resource, ObjectKey key) {
  return inner_.get(std::move(resource), std::move(key));
}

Awaitable<Result<ObjectList>> GatedStore::list(Resource resource, ListOptions options) {
  return inner_.list(std::move(resource), std::move(options));
}

Awaitable<Result<std::unique_ptr<Watch>>> GatedStore::watch(Resource resource,
                                                            WatchOptions options) {
  return inner_.watch(std::move(resource), std::move(options));
}

Awaitable<Result<Object>> GatedStore::create(Resource resource, std::string namespace_,
                                             std::string body, CreateOptions options) {
  if (auto closed = gate_("create", resource)) co_return fail(*std::move(closed));
  co_return co_await inner_.create(std::move(resource), std::move(namespace_), std::move(body),
                                   options);
}

Awaitable<Result<Object>> GatedStore::patch(Resource resource, ObjectKey key, PatchType type,
                                            std::string body, PatchOptions options) {
  if (auto closed = gate_("patch", resource)) co_return fail(*std::move(closed));
  co_return co_await inner_.patch(std::move(resource), std::move(key), type, std::move(body),
                                  std::move(options));
}

Awaitable<Result<void>> GatedStore::remove(Resource resource, ObjectKey key,
                                           RemoveOptions options) {
  if (auto closed = gate_("remove", resource)) co_return fail(*std::move(closed));
  co_return co_await inner_.remove(std::move(resource), std::move(key), std::move(options));
}

Awaitable<Result<std::string>> GatedStore::pod_log(ObjectKey pod, std::string container,
                                                   size_t bytes_max) {
  return inner_.pod_log(std::move(pod), std::move(container), bytes_max);
}

GatedStore::Gate while_leading(const Leadership& leadership) {
  return [&leadership](std::string_view /*verb*/, const Resource& /*resource*/) {
    return leadership.may_write()
               ? std::nullopt
               : std::optional(unavailable("not written: this process does not lead"));
  };
}

GatedStore::Gate only_looking() {
  return [](std::string_view verb, const Resource& resource) {
    log_error("a write where nothing may be written",
              {{"verb", std::string(verb)}, {"resource", resource.plural}});
    return std::optional(
        Error{ErrorCode::Forbidden, "nothing is written: this process only looks"});
  };
}

}  // namespace sluice::kube
