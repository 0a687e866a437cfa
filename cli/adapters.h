#pragma once

// The composition root's list: which metric sources the program has. (Routers: traffic/.)

#include "analysis/providers/metric_provider.h"
#include "net/http.h"

#include <string>

namespace sluice::cli {

/// The Prometheus that metrics without an address ask: the option if given, else the environment
/// variable that Argo Rollouts reads, else none.
std::string prometheus_address(const std::string& option);

/// Every metric provider. `http` must outlive the registry.
analysis::ProviderRegistry builtin_providers(net::HttpClient& http,
                                             const std::string& prometheus_address);

}  // namespace sluice::cli
