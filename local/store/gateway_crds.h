#pragma once

// The Gateway API as the local cluster serves it: HTTPRoute with its defaults, and Gateway and
// GatewayClass, so that manifests made for a real cluster apply. The gateway itself acts on
// HTTPRoutes only. Whoever wants the Gateway API project's own CRDs applies them over these.

#include "kube/object_store.h"

#include <string>
#include <vector>

namespace sluice::local {

/// CustomResourceDefinitions as JSON texts.
std::vector<std::string> gateway_crds();

/// Creates those that are not there yet.
kube::Awaitable<Result<void>> install_gateway_crds(kube::ObjectStore& store);

}  // namespace sluice::local
