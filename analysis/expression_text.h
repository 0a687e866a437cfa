#pragma once

// Text as the condition language sees it: a row of characters (code points), not of bytes.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::analysis {

int64_t character_count(std::string_view text);
/// The characters from `from` to before `to`; both lie within the text.
std::string_view characters(std::string_view text, int64_t from, int64_t to);

/// The byte at which `part` first begins in the text, or npos. Unlike std::string_view::find it
/// takes no time in proportion to both lengths multiplied.
size_t find_text(std::string_view text, std::string_view part);
/// The same for the last time.
size_t find_last_text(std::string_view text, std::string_view part);

}  // namespace sluice::analysis
