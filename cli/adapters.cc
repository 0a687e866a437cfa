#include "cli/adapters.h"

#include "analysis/providers/prometheus_provider.h"

#include <cstdlib>

namespace sluice::cli {

std::string prometheus_address(const std::string& option) {
  if (!option.empty()) return option;
  const char* address = std::getenv("ARGO_ROLLOUTS_PROMETHEUS_ADDRESS");
  return address == nullptr ? "" : address;
}

analysis::ProviderRegistry builtin_providers(net::HttpClient& http,
                                             const std::string& prometheus_address) {
  analysis::ProviderRegistry registry;
  registry.add(analysis::make_prometheus_provider(http, {.default_address = prometheus_address}));
  return registry;
}

}  // namespace sluice::cli
