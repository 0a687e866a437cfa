#pragma once

// Pure: Ingresses as a source of rules. Each path of an Ingress is a rule, in which the canary with
// the same namespace, host and path has its weight; the older of several canaries is the one. What
// a canary says of headers and cookies are rules of their own for the same host and path, asked
// before. So a change of a weight changes one rule's shares and no match, as for an HTTPRoute.
//
// As with ingress-nginx, a canary's share goes to the main backend while the canary has no ready
// endpoints, and a Service that does not exist answers 503.

#include "local/gateway/ingress.h"

#include <map>
#include <vector>

namespace sluice::local {

/// One route an Ingress, in no particular order.
std::vector<GatewayRoute> ingress_routes(const std::map<ObjectKey, Ingress>& ingresses);

}  // namespace sluice::local
