#pragma once

// The two ways to name a place in an object: as Kubernetes writes it ("spec.steps[0].setWeight")
// and as an RFC 6901 pointer ("/spec/steps/0/setWeight").

#include "base/json.h"

#include <string>
#include <string_view>

namespace sluice::crds {

/// The pointer to a field of `object`, as far as the field exists there: a missing field gives the
/// pointer of its nearest existing ancestor. Keys that hold dots are found too.
std::string to_pointer(const Json& object, std::string_view field);

/// The field that a pointer names. Without an object at hand, numbers count as list indices.
std::string to_field(std::string_view pointer);

}  // namespace sluice::crds
