#pragma once

// How many files, and with them sockets, the process may have open.

namespace sluice::net {

/// Raises the soft limit to the hard one: the soft one is often 1024, for the sake of programs that
/// still use select(). Children inherit it: only for processes that start no other programs.
void raise_open_file_limit();

}  // namespace sluice::net
