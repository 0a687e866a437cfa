#pragma once

// The structs whose text in Go is hashed: the pod template, from the description in core/, and the
// canary steps, which are Argo's.

#include "core/shape.h"

#include <string_view>

namespace sluice::engine {

/// "PodTemplateSpec", "Step" or a part of them; null for any other name.
const core::Shape* find_go_shape(std::string_view name);

}  // namespace sluice::engine
