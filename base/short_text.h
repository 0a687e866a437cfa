#pragma once

// Texts of others (servers, kubelets, people) that have to fit, and to be shown. UTF-8 stays whole:
// half a character would be stored as another text than the one that was written.

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

/// As much of the beginning as `bytes` hold, without half a character.
std::string_view whole_start(std::string_view text, size_t bytes);

/// The text itself where it fits, else its beginning with "…" behind it, which is not counted.
std::string shortened(std::string_view text, size_t bytes);

/// The text without control characters, a blank for each: what others wrote may hold line breaks or
/// a terminal's codes.
std::string plain(std::string text);

}  // namespace sluice
