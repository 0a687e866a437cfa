#include "local/gateway/gateway_controller.h"

#include "base/ensure.h"
#include "base/log.h"
#include "local/gateway/http_route.h"
#include "local/gateway/http_route_status.h"
#include "local/gateway/ingress_status.h"

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

/// What a plan says of its routes, and which rules are whose: all that is needed of it once it has
/// gone to HAProxy.
struct PlannedVerdicts {
  explicit PlannedVerdicts(const GatewayPlan& plan) {
    for (const PlannedRule& rule : plan.rules) routes[rule.id] = rule.route;
    for (const RouteVerdict& verdict : plan.verdicts) verdicts[verdict.route] = verdict;
  }

  std::map<RouteId, RouteVerdict> with(const HaproxyReport& report) && {
    for (const RejectedMatch& rejected : report.rejected) {
      RouteVerdict& verdict = verdicts[routes[rejected.rule]];
      if (verdict.accepted.status) verdict.accepted = {false, "UnsupportedValue", rejected.message};
    }
    return std::move(verdicts);
  }

  std::map<std::string, RouteId> routes;
  std::map<RouteId, RouteVerdict> verdicts;
};

}  // namespace

GatewayController::GatewayController(asio::any_io_executor executor, Clock& clock,
                                     kube::ObjectStore& store, HaproxyRuns& haproxy,
                                     net::HostPort address)
    : clock_(clock),
      store_(store),
      haproxy_(haproxy),
      address_(std::move(address)),
      routes_(store, clock, executor, watch_all(kGatewayGroup, "HTTPRoute")),
      ingresses_(store, clock, executor, watch_all("networking.k8s.io", "Ingress")),
      services_(store, clock, executor, watch_all("", "Service")),
      slices_(store, clock, executor, watch_all("discovery.k8s.io", "EndpointSlice")),
      events_(store, clock, executor, "gateway"),
      apply_backoff_(kRetry),
      status_backoff_(kRetry),
      plan_wake_(executor, clock),
      status_wake_(executor, clock),
      tasks_(executor) {
  routes_.observe([this](const auto& change) { observe_routes(change); });
  ingresses_.observe([this](const auto& change) { observe_ingresses(change); });
  services_.observe([this](const auto& change) { observe_services(change); });
  slices_.observe([this](const auto& change) { observe_slices(change); });
}

void GatewayController::start() {
  haproxy_.on_started([this] { plan_wake_.now(); });
  tasks_.spawn("gateway routes", routes_.run());
  tasks_.spawn("gateway ingresses", ingresses_.run());
  tasks_.spawn("gateway services", services_.run());
  tasks_.spawn("gateway endpoints", slices_.run());
  tasks_.spawn("gateway plan", follow());
  tasks_.spawn("gateway status", follow_verdicts());
  tasks_.spawn("gateway events", events_.run());
}

asio::awaitable<void> GatewayController::stop() {
  haproxy_.on_started({});
  co_await tasks_.stop();
}

void GatewayController::observe_routes(const kube::WatchCache::Change& change) {
  if (take_change(change, objects_.routes, decode_http_route)) plan_wake_.now();
  // Somebody else may have written over our status.
  status_pending_.insert({RouteKind::HttpRoute, change.key});
  status_wake_.now();
}

void GatewayController::observe_ingresses(const kube::WatchCache::Change& change) {
  if (take_change(change, objects_.ingresses, decode_ingress)) plan_wake_.now();
  status_pending_.insert({RouteKind::Ingress, change.key});
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
  co_await ingresses_.wait_synced();
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
  PlannedVerdicts planned(plan);
  Result<HaproxyReport> report = co_await control->apply(std::move(plan));
  if (!report) {
    log_warn("the gateway could not be changed", {{"error", report.error().message}});
    plan_wake_.after(apply_backoff_.next(kNoJitter));
    co_return;
  }
  apply_backoff_.reset();
  for (const std::string& pool : report->unplaced)
    log_error("the gateway has no backend left for a pool", {{"pool", pool}});
  publish(std::move(planned).with(*report));
  if (!control->draining()) co_return;
  co_await control->sweep();
  if (control->draining()) plan_wake_.after(kSweepInterval);
}

void GatewayController::publish(std::map<RouteId, RouteVerdict> verdicts) {
  for (const auto& [id, verdict] : verdicts) {
    const RouteVerdict& before = verdicts_[id];
    if (before == verdict) continue;
    if (id.kind == RouteKind::Ingress) tell(verdict, before);
    status_pending_.insert(id);
  }
  verdicts_ = std::move(verdicts);
  if (!status_pending_.empty()) status_wake_.now();
}

void GatewayController::tell(const RouteVerdict& verdict, const RouteVerdict& before) {
  const kube::ObjectPtr ingress = ingresses_.find(verdict.route.key);
  const std::pair<const RouteCondition&, const RouteCondition&> conditions[] = {
      {verdict.accepted, before.accepted}, {verdict.resolved_refs, before.resolved_refs}};
  for (const auto& [now, then] : conditions) {
    if (now.message.empty() || now == then) continue;
    if (!now.status) {
      log_warn("an Ingress cannot be served as it asks",
               {{"ingress", verdict.route.key.to_string()},
                {"reason", now.reason},
                {"message", now.message}});
    }
    if (!ingress) continue;
    events_.record(*ingress, now.status ? kube::EventType::Normal : kube::EventType::Warning,
                   now.reason, now.message);
  }
}

asio::awaitable<void> GatewayController::follow_verdicts() {
  while (true) {
    co_await status_wake_.wait();
    const std::set<RouteId> pending = std::exchange(status_pending_, {});
    bool failed = false;
    for (const RouteId& id : pending) {
      Result<void> written = co_await write_status(id);
      if (written || written.error().code == ErrorCode::NotFound) continue;
      failed = true;
      status_pending_.insert(id);
      log_debug("a route's status was not written",
                {{"route", id.key.to_string()}, {"error", written.error().message}});
    }
    if (failed)
      status_wake_.after(status_backoff_.next(kNoJitter));
    else
      status_backoff_.reset();
  }
}

kube::WatchCache& GatewayController::cache_of(RouteKind kind) {
  return kind == RouteKind::Ingress ? ingresses_ : routes_;
}

asio::awaitable<Result<void>> GatewayController::write_status(RouteId id) {
  kube::WatchCache& cache = cache_of(id.kind);
  const kube::ObjectPtr object = cache.find(id.key);
  const auto found = verdicts_.find(id);
  if (!object || found == verdicts_.end()) co_return Result<void>();
  const RouteVerdict& verdict = found->second;
  // A verdict on an older generation, or on a namesake that was deleted, is followed by another as
  // soon as HAProxy has it.
  if (verdict.uid != object->meta.uid || verdict.generation != object->meta.generation)
    co_return Result<void>();
  const Result<Json> document = object->parse();
  if (!document) co_return fail(document.error());
  std::optional<std::string> patch =
      id.kind == RouteKind::Ingress
          ? ingress_status_patch(*document, verdict, address_)
          : http_route_status_patch(*document, verdict, clock_.system_now());
  if (!patch) co_return Result<void>();
  const kube::PatchOptions options{.subresource = kube::Subresource::Status,
                                   .resource_version = object->meta.resource_version,
                                   .uid = object->meta.uid};
  Result<kube::Object> answer = co_await store_.patch(
      cache.resource(), id.key, kube::PatchType::Merge, *std::move(patch), options);
  if (!answer) co_return fail(answer.error());
  cache.learn(*std::move(answer));
  co_return Result<void>();
}

}  // namespace sluice::local
