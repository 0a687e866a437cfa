#pragma once

// Follows HTTPRoutes, Services and EndpointSlices, and makes the gateway do what they say: a change
// is in HAProxy within milliseconds of its event. Only then does the route's status say so
// (Accepted and ResolvedRefs with the observed generation), so that whoever changed a weight can
// rely on it. Several events at once make one plan. Nothing survives a restart; all is read again.

#include "base/backoff.h"
#include "base/clock.h"
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
  /// `store`, `clock` and `haproxy` must outlive this.
  GatewayController(asio::any_io_executor executor, Clock& clock, kube::ObjectStore& store,
                    HaproxyRuns& haproxy);

  void start();
  /// Must be awaited before destruction if start() was called.
  asio::awaitable<void> stop();

 private:
  void observe_routes(const kube::WatchCache::Change& change);
  void observe_services(const kube::WatchCache::Change& change);
  void observe_slices(const kube::WatchCache::Change& change);
  asio::awaitable<void> follow();
  asio::awaitable<void> apply();
  void publish(std::vector<RouteVerdict> planned, const HaproxyReport& report);
  asio::awaitable<void> follow_verdicts();
  asio::awaitable<Result<void>> write_status(ObjectKey key);

  Clock& clock_;
  kube::ObjectStore& store_;
  HaproxyRuns& haproxy_;
  kube::WatchCache routes_;
  kube::WatchCache services_;
  kube::WatchCache slices_;
  GatewayObjects objects_;
  std::map<ObjectKey, RouteVerdict> verdicts_;  ///< What HAProxy has been made to do.
  std::set<ObjectKey> status_pending_;          ///< Routes whose status may say something else.
  Backoff apply_backoff_;
  Backoff status_backoff_;
  Wake plan_wake_;
  Wake status_wake_;
  net::TaskGroup tasks_;
};

}  // namespace sluice::local
