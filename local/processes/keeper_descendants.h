#pragma once

// Finds processes in /proc: the descendants of the keeper, and those of them that came from one
// program, whatever they forked. To get away, a process must both clear its environment and move to
// a session of its own.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

/// The environment variable that marks a program and, by inheritance, its descendants: with
/// "KEEPER-ID", its keeper's pid and its number.
inline constexpr const char* kProcessMark = "SLUICE_PROCESS";

/// The children of a process of one thread, zombies included, as the kernel lists them for little;
/// nothing where it keeps no such list. Complete as long as nobody but the caller reaps them.
std::optional<std::vector<int>> children_of(int pid);

/// Every living process below `ancestor`, in no order. Zombies are left out.
std::vector<int> descendants_of(int ancestor);

/// Those whose environment holds "SLUICE_PROCESS=mark", or that are in the session that a program
/// with the pid `session` began: `env -i` clears the mark, and servers that give themselves a title
/// write over it.
std::vector<int> belonging_to(const std::vector<int>& pids, std::string_view mark, int session);

/// Processes anywhere that bear the mark of a keeper that has died without ending them.
std::vector<int> left_by_keeper(int keeper);

}  // namespace sluice::local
