#pragma once

// The ReplicaSet that a plan asks for, as the object that is created.

#include "controller/object_writer.h"
#include "engine/plan.h"

#include <string>

namespace sluice::controller {

/// Controlled by `owner`. An error names the field of the owner that is no JSON.
Result<std::string> encode_replica_set(const engine::CreateReplicaSet& wanted, const Owner& owner);

}  // namespace sluice::controller
