#pragma once

// The keeper's own side: the loop that runs in the process named "sluice-keeper".

namespace sluice::local {

/// argv[0] of the keeper. A program that links this library and is run under this name, with no
/// arguments, is the keeper: that is decided before main(), so that every executable (the product,
/// each test) can start one without knowing about it.
const char* keeper_name();

/// The descriptor on which the keeper finds its socket.
inline constexpr int kKeeperSocket = 3;
/// The descriptor of its lock, where it was given one (keeper_lock.h): held until it has ended.
inline constexpr int kKeeperLock = 4;

/// Serves requests on `socket` until it closes, then ends every descendant. Returns the exit code.
int run_keeper(int socket);

}  // namespace sluice::local
