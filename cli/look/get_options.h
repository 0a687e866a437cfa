#pragma once

// What all that `get` shows has in common: names, the form of the answer, and watching.

#include "base/time.h"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sluice::cli {

struct GetOptions {
  std::vector<std::string> names;
  std::string output;
  bool watch = false;
  int64_t timeout_seconds = 0;  ///< 0: for ever.

  Duration limit() const { return std::chrono::seconds(timeout_seconds); }
};

/// NAME…, -o, -w and --timeout-seconds; `what` is what the names are of ("The rollout").
void add_get_options(CLI::App& command, GetOptions& options, const std::string& what);

/// What is wrong with the options together; "" for nothing.
std::string problem_of(const GetOptions& options);

}  // namespace sluice::cli
