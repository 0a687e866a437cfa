#pragma once

// What the coroutines of one pod share: the pod as last seen, what is known of its containers, and
// one notifier for every change. Owned by all of them together; nothing here survives a restart but
// what was written into the pod's status.

#include "base/clock.h"
#include "kube/event_recorder.h"
#include "kube/object.h"
#include "kube/object_store.h"
#include "kube/watch_cache.h"
#include "local/pods/pod_actions.h"
#include "local/pods/pod_listeners.h"
#include "local/pods/pod_log_files.h"
#include "local/pods/pod_spec.h"
#include "local/pods/pod_status.h"
#include "local/processes/keeper.h"
#include "net/notifier.h"
#include "net/task_group.h"
#include "net/turn.h"

#include <memory>
#include <string>

namespace sluice::local {

/// What every pod needs from the world. All of it outlives the pods.
struct PodHost {
  kube::ObjectStore& store;
  kube::WatchCache& pods;
  Clock& clock;
  ProcessRunner& runner;
  PodActions& actions;
  kube::EventRecorder& events;
  net::TaskGroup& tasks;
  asio::any_io_executor executor;
  ImageCatalog images;
  PodLogFiles logs;
  std::string search_path;  ///< PATH for containers.
  ListenerSource listeners;
  size_t pods_max;      ///< How many pods the node runs.
  net::TurnLine turns;  ///< Of all pods: a full node that starts takes no more than one pod would.
};

/// Which container of a pod.
struct ContainerSlot {
  bool init = false;
  size_t index = 0;
};

struct PodRecord {
  PodRecord(PodHost& pod_host, kube::ObjectPtr pod, PodSpec pod_spec, PodState pod_state)
      : host(pod_host),
        object(std::move(pod)),
        spec(std::move(pod_spec)),
        state(std::move(pod_state)),
        changed(host.executor) {}

  const Container& container(ContainerSlot slot) const {
    return slot.init ? spec.init_containers[slot.index] : spec.containers[slot.index];
  }

  ContainerStatus& status(ContainerSlot slot) {
    return slot.init ? state.init_containers[slot.index] : state.containers[slot.index];
  }

  /// The state has changed: wakes everybody and has the status written.
  void touch() {
    unpublished = true;
    changed.notify();
  }

  /// Tells about one of the pod's containers, or about the pod.
  void tell(kube::EventType type, const std::string& reason, const std::string& message) const;
  void tell(ContainerSlot slot, kube::EventType type, const std::string& reason,
            const std::string& message) const;

  PodHost& host;
  kube::ObjectPtr object;  ///< As last seen.
  const PodSpec spec;
  PodState state;
  net::Notifier changed;
  size_t active = 0;             ///< Containers (init ones apart) whose coroutine goes on.
  std::string published = "{}";  ///< The status as last written or read, as text.
  bool unpublished = true;       ///< The state may differ from it.
  bool publishing = false;       ///< A write is under way.
  bool stopping = false;         ///< Deleted: its containers must end.
  SteadyTime kill_at{};          ///< When what still runs is killed; set while stopping.
  bool gone = false;             ///< The object is no longer in the store.
  bool closed = false;           ///< Everything about the pod has ended.
};

}  // namespace sluice::local
