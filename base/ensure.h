#pragma once

// A broken invariant stops the process with a clear message, in every build: carrying on with a
// state that cannot be would move real traffic on a guess.

#include <string_view>

namespace sluice {

/// Prints the message with its place to standard error and aborts.
[[noreturn]] void broken_invariant(std::string_view message, const char* file, int line);

}  // namespace sluice

/// Stops the process when `condition` is false. A macro for the sake of file and line only.
#define SLUICE_ENSURE(condition, message)                        \
  do {                                                           \
    if (!(condition)) {                                          \
      ::sluice::broken_invariant((message), __FILE__, __LINE__); \
    }                                                            \
  } while (false)
