#pragma once

// Pure: what an Ingress's status says about the gateway. There is nothing in it that would confirm
// a change, as the conditions of a HTTPRoute do: it names the address at which HAProxy serves the
// Ingress, is written only once it does, and is taken away when it does not any more.

#include "base/json.h"
#include "local/gateway/gateway_routes.h"
#include "net/host_port.h"

#include <optional>
#include <string>

namespace sluice::local {

/// The merge patch for the status subresource that makes the Ingress say what the verdict says;
/// nothing where it does already. The address of another controller is left alone where the Ingress
/// is not ours. `gateway` is where HAProxy listens.
std::optional<std::string> ingress_status_patch(const Json& ingress, const RouteVerdict& verdict,
                                                const net::HostPort& gateway);

}  // namespace sluice::local
