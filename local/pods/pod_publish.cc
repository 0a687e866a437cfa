#include "local/pods/pod_publish.h"

#include "base/log.h"
#include "local/pods/status_write.h"
#include "net/sleep.h"

#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

constexpr Duration kPublishRetry = std::chrono::seconds(1);

/// False where the pod has vanished.
asio::awaitable<Result<bool>> write_status(std::shared_ptr<PodRecord> pod) {
  const Json previous = parse_json(pod->published).value_or(Json::object());
  const Json status =
      render_pod_status(pod->spec, pod->state, previous, pod->host.clock.system_now());
  const Json patch = make_merge_patch(previous, status);
  if (patch.empty()) co_return true;
  const Result<bool> stored =
      co_await store_status(pod->host.store, pod->host.pods, pod->object, patch);
  if (stored && *stored) pod->published = dump_json(status);
  co_return stored;
}

}  // namespace

asio::awaitable<void> publish_status(std::shared_ptr<PodRecord> pod) {
  while (!pod->closed) {
    if (!pod->unpublished || pod->gone) {
      co_await pod->changed.wait();
      continue;
    }
    co_await pod->host.turns.take_turn();
    pod->unpublished = false;
    pod->publishing = true;
    const Result<bool> stored = co_await write_status(pod);
    pod->publishing = false;
    if (!stored || !*stored) pod->unpublished = true;
    if (stored && !*stored) pod->gone = true;
    if (!stored && !pod->gone) {
      log_warn("cannot write a pod's status",
               {{"pod", pod->object->meta.key().to_string()}, {"error", stored.error().message}});
      co_await net::sleep_for(pod->host.clock, kPublishRetry);
    }
    pod->changed.notify();
  }
}

asio::awaitable<void> wait_published(std::shared_ptr<PodRecord> pod) {
  while ((pod->unpublished || pod->publishing) && !pod->gone) co_await pod->changed.wait();
}

}  // namespace sluice::local
