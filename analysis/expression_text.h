#pragma once

// Text as the condition language sees it: a row of characters (code points), not of bytes.

#include <cstdint>
#include <string_view>

namespace sluice::analysis {

int64_t character_count(std::string_view text);
/// The characters from `from` to before `to`; both lie within the text.
std::string_view characters(std::string_view text, int64_t from, int64_t to);

}  // namespace sluice::analysis
