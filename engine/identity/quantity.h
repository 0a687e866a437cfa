#pragma once

// Kubernetes' resource quantities ("100m", "1.5Gi"): only as far as one text per value.

#include <string>
#include <string_view>

namespace sluice::engine {

/// The canonical text as Kubernetes writes it: "0.1" is "100m", "1000m" is "1", "1024Mi" is "1Gi".
/// What is no quantity, or has too many digits, comes back as it is.
std::string canonical_quantity(std::string_view text);

}  // namespace sluice::engine
