#pragma once

// What a process that runs for long asks of its surroundings.

namespace sluice::net {

/// How many files, and with them sockets, may be open: raises the soft limit to the hard one. The
/// soft one is often 1024, for the sake of programs that still use select(). Children inherit it:
/// only for processes that start no other programs.
void raise_open_file_limit();

/// A reader of standard output or standard error that has left, as in `| head -1`, is no reason to
/// end: writing to it fails instead. Programs that are started by the keeper are not concerned.
void ignore_broken_pipes();

/// Gives the pages that hold nothing any more back to the kernel. What comes and goes, such as the
/// pages of long lists, leaves holes between what stays, which the allocator keeps.
void return_freed_memory();

}  // namespace sluice::net
