#pragma once

// Pure: what an HTTPRoute's status says about the gateway.

#include "base/time.h"
#include "local/gateway/gateway_routes.h"

#include <optional>
#include <string>

namespace sluice::local {

/// As `controllerName` in the status of routes.
inline constexpr std::string_view kGatewayController = "sluice.dev/gateway";

/// The merge patch for the status subresource that makes the route say what the verdict says;
/// nothing where it does already. Entries of other controllers are kept. A verdict without parents
/// takes our entries away.
std::optional<std::string> http_route_status_patch(const Json& route, const RouteVerdict& verdict,
                                                   SystemTime now);

}  // namespace sluice::local
