#pragma once

// The Job controller: runs pods to their end as often as each Job asks for, and tells in its status
// how far they got.

#include "kube/event_recorder.h"
#include "kube/reconcile_loop.h"
#include "kube/watch_cache.h"
#include "local/pods/job_planner.h"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace sluice::local {

class JobController {
 public:
  /// Everything must outlive it; the caches are run by their owner.
  JobController(kube::ObjectStore& store, Clock& clock, const asio::any_io_executor& executor,
                kube::WatchCache& jobs, kube::WatchCache& pods, PodFactsMemo& facts,
                kube::EventRecorder& events);

  /// Runs until cancelled. Spawn it in a TaskGroup.
  asio::awaitable<void> run();

 private:
  void pod_changed(const kube::WatchCache::Change& change);
  asio::awaitable<Result<kube::Looked>> look(ObjectKey key);
  asio::awaitable<Result<kube::Looked>> remove_job(ObjectMeta job);
  asio::awaitable<Result<void>> write_status(kube::ObjectPtr job, JobStatus before,
                                             JobStatus status);
  void tell_end(const kube::Object& job, const JobStatus& before, const JobStatus& status);

  kube::ObjectStore& store_;
  Clock& clock_;
  kube::WatchCache& jobs_;
  kube::WatchCache& pods_;
  kube::EventRecorder& events_;
  PodCrew crew_;
  kube::ReconcileLoop loop_;
};

}  // namespace sluice::local
