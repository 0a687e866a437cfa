#include "local/gateway/gateway_controller.h"

#include "base/ensure.h"
#include "base/log.h"
#include "local/gateway/gateway_status.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::local {
namespace {

constexpr Backoff::Limits kRetry{.first = std::chrono::milliseconds(50),
                                 .longest = std::chrono::seconds(5)};
/// The gateway is the only one that retries against its HAProxy: nobody to be spread from.
constexpr double kNoJitter = 1.0;
/// How often a removed pod is looked after until its last request has ended.
constexpr Duration kSweepInterval = std::chrono::milliseconds(200);

kube::WatchCache::Options watch_all(std::string_view group, std::string_view kind) {
  const kube::Resource* resource = kube::find_resource(group, kind);
  SLUICE_ENSURE(resource != nullptr, "the gateway's kinds are known");
  return {.resource = *resource, .namespace_ = "", .label_selector = "", .field_selector = ""};
}

/// Takes one change over into typed objects; true where it matters to the gateway.
template <typename T>
bool take_change(const kube::WatchCache::Change& change, std::map<ObjectKey, T>& objects,
                 Result<T> (*decode)(const Json&)) {
  if (!change.after) return objects.erase(change.key) > 0;
  const Result<Json> document = change.after->parse();
  Result<T> object = document ? decode(*document) : fail(document.error());
  if (!object) {
    log_warn("the gateway cannot read an object", {{"kind", change.after->gvk.kind},
                                                   {"object", change.key.to_string()},
                                                   {"error", object.error().message}});
    return objects.erase(change.key) > 0;
  }
  const auto known = objects.find(change.key);
  if (known != objects.end() && known->second == *object) return false;
  objects[change.key] = *std::move(object);
  return true;
}

/// "namespace/route/digest" → the route.
ObjectKey route_of_rule(const std::string& rule) {
  const size_t first = rule.find('/');
  const size_t last = rule.rfind('/');
  return {rule.substr(0, first), rule.substr(first + 1, last - first - 1)};
}

std::map<ObjectKey, RouteVerdict> final_verdicts(std::vector<RouteVerdict> planned,
                                                 const HaproxyReport& report) {
  std::map<ObjectKey, RouteVerdict> verdicts;
  for (RouteVerdict& verdict : planned) verdicts[verdict.route] = std::move(verdict);
  for (const RejectedMatch& rejected : report.rejected) {
    RouteVerdict& verdict = verdicts[route_of_rule(rejected.rule)];
    if (verdict.accepted.status) verdict.accepted = {false, "UnsupportedValue", rejected.message};
  }
  return verdicts;
}

}  // namespace

GatewayController::GatewayController(asio::any_io_executor executor, Clock& clock,
                                     kube::ObjectStore& store, HaproxyRuns& haproxy)
    : clock_(clock),
      store_(store),
      haproxy_(haproxy),
      routes_(store, clock, executor, watch_all(kGatewayGroup, "HTTPRoute")),
      services_(store, clock, executor, watch_all("", "Service")),
      slices_(store, clock, executor, watch_all("discovery.k8s.io", "EndpointSlice")),
      apply_backoff_(kRetry),
      status_backoff_(kRetry),
      plan_wake_(executor, clock),
      status_wake_(executor, clock),
      tasks_(executor) {
  routes_.observe([this](const auto& change) { observe_routes(change); });
  services_.observe([this](const auto& change) { observe_services(change); });
  slices_.observe([this](const auto& change) { observe_slices(change); });
}

void GatewayController::start() {
  haproxy_.on_started([this] { plan_wake_.now(); });
  tasks_.spawn("gateway routes", routes_.run());
  tasks_.spawn("gateway services", services_.run());
  tasks_.spawn("gateway endpoints", slices_.run());
  tasks_.spawn("gateway plan", follow());
  tasks_.spawn("gateway status", follow_verdicts());
}

asio::awaitable<void> GatewayController::stop() {
  haproxy_.on_started({});
  co_await tasks_.stop();
}

void GatewayController::observe_routes(const kube::WatchCache::Change& change) {
  if (take_change(change, objects_.routes, decode_gateway_route)) plan_wake_.now();
  // Somebody else may have written over our status.
  status_pending_.insert(change.key);
  status_wake_.now();
}

void GatewayController::observe_services(const kube::WatchCache::Change& change) {
  if (take_change(change, objects_.services, decode_gateway_service)) plan_wake_.now();
}

void GatewayController::observe_slices(const kube::WatchCache::Change& change) {
  if (take_change(change, objects_.slices, decode_gateway_slice)) plan_wake_.now();
}

asio::awaitable<void> GatewayController::follow() {
  // A plan from half of the objects would answer 404 and 500 where there is an answer.
  co_await routes_.wait_synced();
  co_await services_.wait_synced();
  co_await slices_.wait_synced();
  plan_wake_.now();
  while (true) {
    co_await plan_wake_.wait();
    co_await apply();
  }
}

asio::awaitable<void> GatewayController::apply() {
  const std::shared_ptr<HaproxyControl> control = haproxy_.control();
  if (!control) co_return;  // Its start wakes us.
  GatewayPlan plan = plan_gateway(objects_);
  std::vector<RouteVerdict> planned = plan.verdicts;
  Result<HaproxyReport> report = co_await control->apply(std::move(plan));
  if (!report) {
    log_warn("the gateway could not be changed", {{"error", report.error().message}});
    plan_wake_.after(apply_backoff_.next(kNoJitter));
    co_return;
  }
  apply_backoff_.reset();
  for (const std::string& pool : report->unplaced)
    log_error("the gateway has no backend left for a pool", {{"pool", pool}});
  publish(std::move(planned), *report);
  if (!control->draining()) co_return;
  co_await control->sweep();
  if (control->draining()) plan_wake_.after(kSweepInterval);
}

void GatewayController::publish(std::vector<RouteVerdict> planned, const HaproxyReport& report) {
  std::map<ObjectKey, RouteVerdict> verdicts = final_verdicts(std::move(planned), report);
  for (const auto& [key, verdict] : verdicts) {
    const auto known = verdicts_.find(key);
    if (known == verdicts_.end() || known->second != verdict) status_pending_.insert(key);
  }
  verdicts_ = std::move(verdicts);
  if (!status_pending_.empty()) status_wake_.now();
}

asio::awaitable<void> GatewayController::follow_verdicts() {
  while (true) {
    co_await status_wake_.wait();
    const std::set<ObjectKey> pending = std::exchange(status_pending_, {});
    bool failed = false;
    for (const ObjectKey& key : pending) {
      Result<void> written = co_await write_status(key);
      if (written || written.error().code == ErrorCode::NotFound) continue;
      failed = true;
      status_pending_.insert(key);
      log_debug("a route's status was not written",
                {{"route", key.to_string()}, {"error", written.error().message}});
    }
    if (failed)
      status_wake_.after(status_backoff_.next(kNoJitter));
    else
      status_backoff_.reset();
  }
}

asio::awaitable<Result<void>> GatewayController::write_status(ObjectKey key) {
  const kube::ObjectPtr object = routes_.find(key);
  const auto found = verdicts_.find(key);
  if (!object || found == verdicts_.end()) co_return Result<void>();
  // A verdict on an older generation, or on a namesake that was deleted, is followed by another as
  // soon as HAProxy has it.
  if (found->second.uid != object->meta.uid || found->second.generation != object->meta.generation)
    co_return Result<void>();
  const Result<Json> document = object->parse();
  if (!document) co_return fail(document.error());
  std::optional<std::string> patch =
      gateway_status_patch(*document, found->second, clock_.system_now());
  if (!patch) co_return Result<void>();
  const kube::PatchOptions options{.subresource = kube::Subresource::Status,
                                   .resource_version = object->meta.resource_version,
                                   .uid = object->meta.uid};
  Result<kube::Object> answer = co_await store_.patch(
      routes_.resource(), std::move(key), kube::PatchType::Merge, *std::move(patch), options);
  if (!answer) co_return fail(answer.error());
  routes_.learn(*std::move(answer));
  co_return Result<void>();
}

}  // namespace sluice::local
