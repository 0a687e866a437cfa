#pragma once

// Kubernetes' resource quantities ("100m", "1.5Gi"; k8s.io/apimachinery/pkg/api/resource).

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::core {

/// What Go reads as a quantity, as a regular expression for schemas.
inline constexpr const char* kQuantityPattern =
    R"(^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,3})?$)";

/// What Go says of a text that is no quantity such as "100m", "1.5Gi" or "1e3"; nothing where it is
/// one.
std::optional<std::string> quantity_error(std::string_view text);

/// The canonical text as Kubernetes writes it: "0.1" is "100m", "1000m" is "1", "1024Mi" is "1Gi".
/// What is no quantity, or has too many digits, comes back as it is.
std::string canonical_quantity(std::string_view text);

/// Orders two quantities, exact to a billionth; nothing where one is none, or is out of range.
std::optional<std::strong_ordering> compare_quantities(std::string_view left,
                                                       std::string_view right);

}  // namespace sluice::core
