#pragma once

// trafficRouting, as a strategy writes it and as the status keeps it.

#include "base/json.h"
#include "crds/rollout.h"

#include <optional>
#include <vector>

namespace sluice::crds {

class FieldReader;

std::optional<TrafficRouting> read_traffic_routing(const FieldReader& from);

/// The routings that a status keeps; entries without trafficRouting are passed over.
std::vector<Routing> read_routings(const std::vector<FieldReader>& from);
Json encode_routings(const std::vector<Routing>& routings);

}  // namespace sluice::crds
