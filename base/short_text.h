#pragma once

// Texts of others (servers, kubelets, people) that have to fit. UTF-8 stays whole: half a character
// would be stored as another text than the one that was written.

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

/// As much of the beginning as `bytes` hold, without half a character.
std::string_view whole_start(std::string_view text, size_t bytes);

/// The text itself where it fits, else its beginning with "…" behind it, which is not counted.
std::string shortened(std::string_view text, size_t bytes);

}  // namespace sluice
