#pragma once

// The objects of a live cluster that manifests may refer to.

#include "base/json.h"
#include "kube/object_store.h"

#include <string>
#include <vector>

namespace sluice::cli {

/// Services, routers' objects, Rollouts and templates of the namespace, each also as a manifest
/// without a namespace has it. Kinds that the cluster lacks have no objects.
kube::Awaitable<Result<std::vector<Json>>> objects_around(kube::ObjectStore& store,
                                                          std::string namespace_);

}  // namespace sluice::cli
