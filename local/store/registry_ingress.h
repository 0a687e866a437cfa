#pragma once

// Ingresses and IngressClasses: first status and validation. Pure.

#include "base/json.h"
#include "local/store/registry_causes.h"

namespace sluice::local {

void prepare_new_ingress(Json& ingress);
ApiCauses validate_ingress(const Json& ingress);
/// A new Ingress names its class in the spec or by annotation, not both.
ApiCauses validate_new_ingress(const Json& ingress);

ApiCauses validate_ingress_class(const Json& ingress_class);
ApiCauses validate_ingress_class_update(const Json& ingress_class, const Json& old);

}  // namespace sluice::local
