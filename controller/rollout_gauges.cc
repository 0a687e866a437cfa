#include "controller/rollout_gauges.h"

#include <prometheus/metric_family.h>

#include <functional>
#include <utility>

namespace sluice::controller {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

std::string router_of(const crds::Rollout& rollout) {
  const crds::CanaryStrategy* canary = rollout.spec.canary();
  if (canary == nullptr || !canary->traffic_routing || canary->traffic_routing->routers.empty())
    return "";
  return canary->traffic_routing->routers.front().kind;
}

MetricFamily family(const char* name, const char* help) {
  return {.name = name, .help = help, .type = prometheus::MetricType::Gauge, .metric = {}};
}

ClientMetric gauge(const ObjectKey& rollout, double value) {
  ClientMetric metric;
  metric.label = {{"name", rollout.name}, {"namespace", rollout.namespace_}};
  metric.gauge.value = value;
  return metric;
}

}  // namespace

void RolloutGauges::show(const crds::Rollout& rollout) {
  const auto& weights = rollout.status.canary.weights;
  shown_[rollout.meta.key()] = {.phase = rollout.status.phase,
                                .blue_green = rollout.spec.blue_green() != nullptr,
                                .router = router_of(rollout),
                                .desired = rollout.spec.replicas.value_or(1),
                                .available = rollout.status.available_replicas,
                                .updated = rollout.status.updated_replicas,
                                .weight = weights ? weights->canary.weight : 0};
}

std::vector<MetricFamily> RolloutGauges::collect() const {
  if (shown_.empty()) return {};
  MetricFamily info = family("rollout_info", "Rollouts by phase.");
  MetricFamily desired = family("rollout_info_replicas_desired", "Pods that the spec asks for.");
  MetricFamily available = family("rollout_info_replicas_available", "Pods that are available.");
  MetricFamily updated = family("rollout_info_replicas_updated", "Pods of the latest revision.");
  MetricFamily weight =
      family("sluice_rollout_canary_weight",
             "Share of traffic that was set for the canary, of the declared total.");
  for (const auto& [key, shown] : shown_) {
    ClientMetric& told = info.metric.emplace_back(gauge(key, 1));
    told.label.push_back({"phase", std::string(crds::to_string(shown.phase))});
    told.label.push_back({"strategy", shown.blue_green ? "blueGreen" : "canary"});
    told.label.push_back({"traffic_router", shown.router});
    desired.metric.push_back(gauge(key, shown.desired));
    available.metric.push_back(gauge(key, shown.available));
    updated.metric.push_back(gauge(key, shown.updated));
    weight.metric.push_back(gauge(key, static_cast<double>(shown.weight)));
  }
  std::vector<MetricFamily> families;
  for (MetricFamily* made : {&info, &desired, &available, &updated, &weight})
    families.push_back(std::move(*made));
  return families;
}

}  // namespace sluice::controller
