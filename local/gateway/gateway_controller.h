#pragma once

// Follows HTTPRoutes, Ingresses, Services and EndpointSlices, and makes the gateway do what they
// say: a change is in HAProxy within milliseconds of its event. Only then does an HTTPRoute's
// status say so (Accepted and ResolvedRefs with the observed generation), so that whoever changed a
// weight can rely on it; an Ingress's status names the address once it is served, and what is wrong
// with it is told in events. Several events at once make one plan. Nothing survives a restart; all
// is read again.

#include "base/backoff.h"
#include "base/clock.h"
#include "kube/event_recorder.h"
#include "kube/watch_cache.h"
#include "local/gateway/gateway_objects.h"
#include "local/gateway/gateway_routes.h"
#include "local/gateway/gateway_wake.h"
#include "local/gateway/haproxy_process.h"
#include "net/task_group.h"

#include <map>
#include <set>
#include <vector>

namespace sluice::local {

class GatewayController {
 public:
  /// `store`, `clock` and `haproxy`, which listens on `address`, must outlive this.
  GatewayController(asio::any_io_executor executor, Clock& clock, kube::ObjectStore& store,
                    HaproxyRuns& haproxy, net::HostPort address);

  void start();
  /// Must be awaited before destruction if start() was called.
  asio::awaitable<void> stop();

 private:
  void observe_routes(const kube::WatchCache::Change& change);
  void observe_ingresses(const kube::WatchCache::Change& change);
  void observe_services(const kube::WatchCache::Change& change);
  void observe_slices(const kube::WatchCache::Change& change);
  asio::awaitable<void> follow();
  asio::awaitable<void> apply();
  void publish(std::map<RouteId, RouteVerdict> verdicts);
  void tell(const RouteVerdict& verdict, const RouteVerdict& before);
  asio::awaitable<void> follow_verdicts();
  asio::awaitable<Result<void>> write_status(RouteId id);
  kube::WatchCache& cache_of(RouteKind kind);

  Clock& clock_;
  kube::ObjectStore& store_;
  HaproxyRuns& haproxy_;
  net::HostPort address_;
  kube::WatchCache routes_;
  kube::WatchCache ingresses_;
  kube::WatchCache services_;
  kube::WatchCache slices_;
  GatewayObjects objects_;
  std::map<RouteId, RouteVerdict> verdicts_;  ///< What HAProxy has been made to do.
  std::set<RouteId> status_pending_;          ///< Routes whose status may say something else.
  kube::EventRecorder events_;
  Backoff apply_backoff_;
  Backoff status_backoff_;
  Wake plan_wake_;
  Wake status_wake_;
  net::TaskGroup tasks_;
};

}  // namespace sluice::local
