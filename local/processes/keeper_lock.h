#pragma once

// The keeper's lock: a file that is locked for as long as a keeper or its main process lives. The
// lock belongs to the open file, which both share; the kernel drops it with the last of the two,
// however they died. So who gets the lock knows that the programs of an earlier life have ended.

#include "base/clock.h"
#include "base/result.h"

#include <boost/asio/awaitable.hpp>

#include <filesystem>

namespace sluice::local {

/// How long a killed process's keeper may take: its own grace, and what the kernel needs.
inline constexpr Duration kKeeperLockMax = std::chrono::seconds(15);

/// Makes the file where it is missing, waits for the lock and returns the descriptor that holds it:
/// the caller's to close, not inherited, above kKeeperLock. Fails with Unavailable when others do
/// not let go of it for kKeeperLockMax, with Internal where there can be no such file.
boost::asio::awaitable<Result<int>> lock_for_keeper(Clock& clock, std::filesystem::path file);

}  // namespace sluice::local
