#pragma once

#include <string_view>

namespace sluice::local {

/// All shapes as text, one a line: `Name: field=type …`. A type is string, bytes, time, int32,
/// int64, bool, intstr, quantity, any, the name of another shape, `[type]` or `{type}` (a map).
/// `[type]@key` merges by that key in strategic merge patches, `[type]@` merges as a set, and a
/// trailing `!` keeps an empty list.
std::string_view shape_table();

}  // namespace sluice::local
