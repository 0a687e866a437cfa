#pragma once

// The options that `sluice controller` and `sluice local up` share.

#include "base/log.h"
#include "base/result.h"
#include "cli/controller_process.h"

#include <string>

namespace CLI {
class App;
}

namespace sluice::cli {

struct LogFlags {
  std::string level = "info";
  std::string format = "text";
};

void add_log_flags(CLI::App& command, LogFlags& flags);
/// Installs the process's log sink.
Result<void> install_log(const LogFlags& flags);

/// Why this is no address of a Prometheus; "" for one that is, and for none.
std::string prometheus_problem(const std::string& address);

/// --prometheus, --webhook-hmac-file, --webhook-token-file.
void add_controller_flags(CLI::App& command, ControllerOptions& options);

}  // namespace sluice::cli
