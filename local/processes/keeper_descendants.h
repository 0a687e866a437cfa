#pragma once

// Finds processes in /proc: the descendants of the keeper, and those of them that came from one
// program, whatever they forked and whatever session they moved to.

#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

/// The environment variable that marks a program and, by inheritance, its descendants.
inline constexpr const char* kProcessMark = "SLUICE_PROCESS";

/// Every living process below `ancestor`, in no order. Zombies are left out.
std::vector<int> descendants_of(int ancestor);

/// Those whose environment at their start held "SLUICE_PROCESS=mark".
std::vector<int> marked_with(const std::vector<int>& pids, std::string_view mark);

}  // namespace sluice::local
