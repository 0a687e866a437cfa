#pragma once

// Shapes as OpenAPI v3 schemas.

#include "base/json.h"
#include "core/shape.h"

namespace sluice::core {

/// For a CRD that holds the struct: a structural schema without descriptions. It takes what Go's
/// decoder takes, so that no typed client meets a value that it cannot read, and keeps fields that
/// it does not know, so that those of a newer Kubernetes reach the pods. Of metadata it has labels,
/// annotations and the `creationTimestamp: null` that Kubernetes' own tools write into templates.
Json structural_schema(const Shape& shape);

/// For clients: with the merge keys of strategic merge patches; what is not modelled preserves
/// unknown fields.
Json published_schema(const Shape& shape);

}  // namespace sluice::core
