#include "local/pods/pod_publish.h"

#include "base/log.h"
#include "net/sleep.h"

#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

constexpr Duration kRetry = std::chrono::seconds(1);

asio::awaitable<Result<void>> write_status(std::shared_ptr<PodRecord> pod) {
  const Json previous = parse_json(pod->published).value_or(Json::object());
  const Json status =
      render_pod_status(pod->spec, pod->state, previous, pod->host.clock.system_now());
  const Json patch = make_merge_patch(previous, status);
  if (patch.empty()) co_return Result<void>{};
  kube::PatchOptions options;
  options.subresource = kube::Subresource::Status;
  options.uid = pod->object->meta.uid;
  Result<kube::Object> written =
      co_await pod->host.store.patch(pod->host.pods.resource(), pod->object->meta.key(),
                                     kube::PatchType::Merge, status_patch(patch), options);
  if (!written) co_return fail(written.error());
  pod->published = dump_json(status);
  pod->host.pods.learn(std::move(*written));
  co_return Result<void>{};
}

}  // namespace

asio::awaitable<void> publish_status(std::shared_ptr<PodRecord> pod) {
  while (!pod->closed) {
    if (!pod->unpublished || pod->gone) {
      co_await pod->changed.wait();
      continue;
    }
    pod->unpublished = false;
    pod->publishing = true;
    const Result<void> written = co_await write_status(pod);
    pod->publishing = false;
    if (!written) {
      const ErrorCode code = written.error().code;
      // A conflict is one of UIDs: another pod bears the name now.
      pod->gone = pod->gone || code == ErrorCode::NotFound || code == ErrorCode::Conflict;
      pod->unpublished = true;
      if (!pod->gone) {
        log_warn("cannot write a pod's status", {{"pod", pod->object->meta.key().to_string()},
                                                 {"error", written.error().message}});
        co_await net::sleep_for(pod->host.clock, kRetry);
      }
    }
    pod->changed.notify();
  }
}

asio::awaitable<void> wait_published(std::shared_ptr<PodRecord> pod) {
  while ((pod->unpublished || pod->publishing) && !pod->gone) co_await pod->changed.wait();
}

}  // namespace sluice::local
