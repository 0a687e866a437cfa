#pragma once

// The options that `sluice controller` and `sluice local up` share.

#include "analysis/providers/http_source.h"
#include "base/log.h"
#include "base/result.h"
#include "cli/run/controller_process.h"

#include <memory>
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

/// The source through which metrics are asked: within --metric-addresses, and the controller's own
/// Prometheus in any case.
Result<std::unique_ptr<analysis::HttpSource>> make_metric_source(
    const boost::asio::any_io_executor& executor, const ControllerOptions& options);

/// --prometheus, --metric-addresses, --webhook-hmac-file, --webhook-token-file.
void add_controller_flags(CLI::App& command, ControllerOptions& options);

}  // namespace sluice::cli
