#pragma once

// Letters of ASCII without regard to their case, whatever the locale: names of headers, schemes,
// media types and hosts know none.

#include <string>
#include <string_view>

namespace sluice {

std::string lower_case(std::string_view text);

bool same_in_any_case(std::string_view one, std::string_view other);

}  // namespace sluice
