#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::local {

/// What Go says of a text that is no quantity such as "100m", "1.5Gi" or "1e3"; nothing where it is
/// one (k8s.io/apimachinery/pkg/api/resource).
std::optional<std::string> quantity_error(std::string_view text);

}  // namespace sluice::local
