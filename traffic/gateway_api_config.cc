#include "traffic/gateway_api_router.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::traffic {
namespace {

constexpr const char* kUnsupported[] = {
    "grpcRoute", "grpcRoutes",        "tcpRoute",          "tcpRoutes",        "tlsRoute",
    "tlsRoutes", "httpRouteSelector", "grpcRouteSelector", "tcpRouteSelector", "tlsRouteSelector"};

Result<void> read_route_list(const Json& list, const std::string& path, GatewayApiConfig& into) {
  if (!list.is_array())
    return fail(invalid_field(path, "httpRoutes", "Invalid value: must be a list"));
  for (size_t i = 0; i < list.size(); ++i) {
    HttpRouteRef route{string_at(list[i], "name"), bool_at(list[i], "useHeaderRoutes")};
    if (route.name.empty())
      return fail(invalid_field(path, fmt::format("httpRoutes[{}].name", i), "Required value"));
    const auto same = [&](const HttpRouteRef& other) { return other.name == route.name; };
    if (std::any_of(into.http_routes.begin(), into.http_routes.end(), same)) {
      return fail(invalid_field(path, fmt::format("httpRoutes[{}].name", i),
                                fmt::format("Duplicate value: \"{}\"", route.name)));
    }
    into.http_routes.push_back(std::move(route));
  }
  return {};
}

}  // namespace

Result<GatewayApiConfig> read_gateway_api_config(const Json& config, const std::string& namespace_,
                                                 const std::string& path) {
  if (!config.is_object()) return fail(invalid(path + ": Invalid value: must be an object"));
  for (const char* field : kUnsupported)
    if (config.contains(field))
      return fail(invalid_field(path, field, "Unsupported value: name HTTPRoutes by httpRoute(s)"));
  GatewayApiConfig out;
  out.namespace_ = string_at(config, "namespace", namespace_);
  if (const std::string route = string_at(config, "httpRoute"); !route.empty())
    out.http_routes.push_back({route, true});
  if (config.contains("httpRoutes")) {
    if (auto read = read_route_list(config["httpRoutes"], path, out); !read)
      return fail(read.error());
  }
  if (out.http_routes.empty())
    return fail(invalid_field(path, "httpRoute", "Required value: name at least one HTTPRoute"));
  out.in_progress_label_key = string_at(config, "inProgressLabelKey", out.in_progress_label_key);
  out.in_progress_label_value =
      string_at(config, "inProgressLabelValue", out.in_progress_label_value);
  if (bool_at(config, "disableInProgressLabel")) out.in_progress_label_key.clear();
  return out;
}

}  // namespace sluice::traffic
