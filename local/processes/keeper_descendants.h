#pragma once

// Finds processes in /proc: children, descendants, and what a keeper that was killed has left.

#include <vector>

namespace sluice::local {

/// The environment variable that marks a program and, by inheritance, its descendants: with
/// "KEEPER-ID", its keeper's pid and its number.
inline constexpr const char* kProcessMark = "SLUICE_PROCESS";

/// The children of a process of one thread; for little where the kernel lists them, which then
/// holds zombies too. Complete as long as nobody but the caller reaps them.
std::vector<int> children_of(int pid);

/// Every living process below `ancestor`, in no order. Zombies are left out.
std::vector<int> descendants_of(int ancestor);

/// Processes anywhere that bear the mark of a keeper that has died without ending them.
std::vector<int> left_by_keeper(int keeper);

}  // namespace sluice::local
