#pragma once

// The three patch formats of the Kubernetes API, applied to documents. Pure; errors are worded as
// the real server's.

#include "base/json.h"
#include "core/shape.h"
#include "kube/object_store.h"
#include "local/store/api_error.h"

#include <string_view>

namespace sluice::local {

/// Applies the patch text to `document` in place. `shape` tells strategic patches how lists merge;
/// it may be null for the other formats. After an error the document is undefined.
ApiResult<void> apply_patch(Json& document, kube::PatchType type, std::string_view patch,
                            const core::Shape* shape);

}  // namespace sluice::local
