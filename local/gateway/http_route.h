#pragma once

// The HTTPRoutes of the Gateway API (gateway.networking.k8s.io/v1) as a source of rules. The
// gateway serves every one that names a parent of kind Gateway, whatever the Gateway is called; on
// one machine there is one gateway, and no Gateway object need exist.

#include "base/json.h"
#include "local/gateway/gateway_rules.h"

#include <string_view>

namespace sluice::local {

inline constexpr std::string_view kGatewayGroup = "gateway.networking.k8s.io";

/// Errors are Invalid and name the field; the API server's schemas leave few.
Result<GatewayRoute> decode_http_route(const Json& object);

}  // namespace sluice::local
