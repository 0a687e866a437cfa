#pragma once

// What the API server asks of one container beyond the shape of its fields.

#include "base/json.h"
#include "core/fault.h"

#include <set>
#include <string>

namespace sluice::core {

enum class ContainerRole { Main, Init };

/// `volumes` are the names of the pod's volumes, `field` is where the container is.
Faults check_container(const Json& container, const std::string& field, ContainerRole role,
                       const std::set<std::string>& volumes);

}  // namespace sluice::core
