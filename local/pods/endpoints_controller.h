#pragma once

// The endpoints controller: for each Service with a selector, EndpointSlices that name the pods it
// selects. A change of a pod's readiness or of a Service's selector is written in the loop's next
// turns; nothing is batched.

#include "kube/reconcile_loop.h"
#include "kube/watch_cache.h"
#include "local/pods/endpoints_render.h"
#include "local/pods/pod_facts.h"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <string>
#include <vector>

namespace sluice::local {

namespace asio = boost::asio;

class EndpointsController {
 public:
  /// Everything must outlive it; the caches are run by their owner.
  EndpointsController(kube::ObjectStore& store, Clock& clock, const asio::any_io_executor& executor,
                      kube::WatchCache& services, kube::WatchCache& pods, kube::WatchCache& slices,
                      PodFactsMemo& facts);

  /// Runs until cancelled. Spawn it in a TaskGroup.
  asio::awaitable<void> run();

 private:
  void service_changed(const kube::WatchCache::Change& change);
  void pod_changed(const kube::WatchCache::Change& change);
  void slice_changed(const kube::WatchCache::Change& change);

  asio::awaitable<Result<kube::Looked>> look(ObjectKey key);
  asio::awaitable<Result<void>> apply(kube::ObjectPtr service, EndpointSliceSpec wanted);
  asio::awaitable<Result<void>> remove_others(kube::ObjectPtr service,
                                              std::vector<EndpointSliceSpec> wanted);
  std::vector<EndpointPod> selected_pods(const ObjectKey& service, const ServiceFacts& facts);

  kube::ObjectStore& store_;
  kube::WatchCache& services_;
  kube::WatchCache& pods_;
  kube::WatchCache& slices_;
  PodFactsMemo& facts_;
  kube::ReconcileLoop loop_;
  std::map<ObjectKey, ServiceFacts> by_service_;
  std::map<std::string, std::map<ObjectKey, kube::ObjectPtr>> pods_by_namespace_;
};

}  // namespace sluice::local
