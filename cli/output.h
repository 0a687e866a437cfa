#pragma once

// What the program says: answers on standard output, what went wrong on standard error.

#include "base/error.h"

#include <string>

namespace sluice::cli {

/// Exit codes of the program.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;   ///< It failed, or it did what it was asked: a bad answer.
inline constexpr int kExitUsage = 2;    ///< Bad options or input.
inline constexpr int kExitTimeout = 3;  ///< What was waited for did not happen in time.
inline constexpr int kExitRefused =
    4;  ///< A verb that does not fit how things stand: nothing is done.
inline constexpr int kExitInterrupted = 130;  ///< Ctrl-C.

/// Writes the text at once. False where nobody takes it: a closed pipe, a full disk.
bool print(const std::string& text);

/// Prints a line to standard error: what is no answer and no error.
void note(const std::string& text);

/// Prints "warning: message" to standard error.
void warn(const std::string& message);

/// Prints "error: message" to standard error; returns kExitTimeout for a timeout, else kExitFailed.
int report(const Error& error);

/// Prints "error: message" to standard error for a command line that is wrong; returns kExitUsage.
int report_usage(const std::string& message);

/// Whether standard output is a terminal.
bool on_terminal();

/// Whether TERM says that the terminal understands no control codes, or nothing at all.
bool is_dumb_terminal();

}  // namespace sluice::cli
