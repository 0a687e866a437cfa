#pragma once

// "Did you mean": which of the known words a mistyped one is most like.

#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// The number of letters to insert, remove or replace (Levenshtein).
size_t edit_distance(std::string_view a, std::string_view b);

/// The known word that is at most two letters, and less than all of them, away; else one that the
/// word begins or that begins the word; "" where none is like it, and for words of more than 64
/// bytes.
std::string nearest_word(std::string_view asked, const std::vector<std::string>& known);

}  // namespace sluice
