#pragma once

// Strategic merge patch: a merge patch that knows which lists are maps in disguise, as in
// k8s.io/apimachinery/pkg/util/strategicpatch. The directives `$patch`, `$retainKeys`,
// `$setElementOrder/<field>` and `$deleteFromPrimitiveList/<field>` are understood. Pure.

#include "base/json.h"
#include "core/shape.h"
#include "local/store/api_error.h"

namespace sluice::local {

/// Applies `patch` (an object) to `document` in place. A null shape merges no lists.
ApiResult<void> apply_strategic_patch(Json& document, const Json& patch, const core::Shape* shape);

}  // namespace sluice::local
