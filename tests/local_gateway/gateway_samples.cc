#include "tests/local_gateway/gateway_samples.h"

#include "local/gateway/http_route.h"

#include <catch2/catch.hpp>

namespace sluice::local {

GatewayRoute sample_route(const std::string& name,
                          std::initializer_list<std::pair<const char*, int64_t>> weights) {
  GatewayRule rule;
  rule.matches.emplace_back();
  for (const auto& [service, weight] : weights) {
    rule.backends.push_back(
        {.namespace_ = "default", .name = service, .port = 80, .weight = weight});
  }
  return {.id = {RouteKind::HttpRoute, {"default", name}},
          .generation = 1,
          .parents = {{.group = std::string(kGatewayGroup), .kind = "Gateway", .name = "sluice"}},
          .rules = {rule}};
}

Ingress sample_ingress(const std::string& name, const std::string& service,
                       std::optional<IngressCanary> canary) {
  return {.key = {"default", name},
          .generation = 1,
          .canary = std::move(canary),
          .paths = {{.host = {.one_label = true},
                     .backend = {.namespace_ = "default", .name = service, .port_name = "http"}}}};
}

GatewayService sample_service(const std::string& name) {
  return {.key = {"default", name}, .ports = {{.name = "http", .port = 80}}};
}

GatewaySlice sample_slice(const std::string& service, const std::vector<SamplePod>& pods,
                          int port) {
  GatewaySlice slice{
      .key = {"default", service + "-slice"}, .service = service, .ports = {{"http", port}}};
  for (const SamplePod& pod : pods) slice.ready.push_back({pod.address, pod.name});
  return slice;
}

void put(GatewayObjects& objects, GatewayRoute route) {
  objects.routes[route.id.key] = std::move(route);
}

void put(GatewayObjects& objects, Ingress ingress) {
  objects.ingresses[ingress.key] = std::move(ingress);
}

void put(GatewayObjects& objects, GatewayService service) {
  objects.services[service.key] = std::move(service);
}

void put(GatewayObjects& objects, GatewaySlice slice) {
  objects.slices[slice.key] = std::move(slice);
}

GatewayObjects sample_shop() {
  GatewayObjects objects;
  put(objects, sample_route("shop", {{"stable", 90}, {"canary", 10}}));
  put(objects, sample_service("stable"));
  put(objects, sample_service("canary"));
  put(objects, sample_slice("stable", {{"shop-aaa-1", "127.64.0.1"}}));
  put(objects, sample_slice("canary", {{"shop-bbb-1", "127.64.0.2"}}));
  return objects;
}

std::map<std::string, int64_t> arm_widths(const PlannedRule& rule) {
  std::map<std::string, int64_t> result;
  int64_t from = 0;
  for (const GatewayArm& arm : rule.arms) {
    const std::string name = arm.target == ArmTarget::Pool          ? arm.pool
                             : arm.target == ArmTarget::Unavailable ? "503"
                                                                    : "500";
    if (arm.until > from) result[name] += arm.until - from;
    from = arm.until;
  }
  CHECK(from == kSplitRange);
  return result;
}

}  // namespace sluice::local
