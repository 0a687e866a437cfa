#pragma once

// PodRuntime is the local cluster's inside: the kubelet that runs pods as processes, and the
// controllers of ReplicaSets, Jobs, endpoints and disruption budgets, on watch caches that they
// share. The composition root makes one, starts it once the store serves, and stops it before the
// store and the keeper.

#include "base/clock.h"
#include "kube/object_store.h"
#include "kube/watch_cache.h"
#include "local/pods/pod_actions.h"
#include "local/pods/pod_listeners.h"
#include "local/processes/keeper.h"
#include "local/store/pod_logs.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace sluice::local {

struct PodRuntimeOptions {
  std::filesystem::path images;  ///< Where images are folders, see image_catalog.h.
  std::filesystem::path logs;    ///< Where containers' output is kept.
  /// PATH of containers; the image's folder comes before it.
  std::string search_path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
  /// Any number that is the same at each start and differs between clusters on one machine.
  uint32_t address_seed = 0;
  /// An address on which somebody listens already is not given to a pod.
  ListenerSource listeners = find_listeners;
  /// How many pods the node runs; more wait. A count mistyped is to cost no machine.
  size_t pods_max = 1000;
};

class PodRuntime {
 public:
  /// Everything must outlive it. `actions` performs probes and hooks (RealPodActions).
  PodRuntime(kube::ObjectStore& store, Clock& clock, asio::any_io_executor executor,
             ProcessRunner& runner, PodActions& actions, PodRuntimeOptions options);
  ~PodRuntime();

  /// Registers the node and begins to run the pods that the store has, and those to come.
  asio::awaitable<Result<void>> start();

  /// Stops watching and writing. Processes go on until the keeper is stopped; the pods keep their
  /// last status, and start anew with the next start of the program.
  asio::awaitable<void> stop();

  /// For the API's log subresource.
  PodLogs& logs();

  /// For others who follow the pods. It runs from start() to stop().
  kube::WatchCache& pods();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::local
