#include "cli/adapters.h"

#include "analysis/providers/job_provider.h"
#include "analysis/providers/prometheus_provider.h"

#include <cstdlib>

namespace sluice::cli {

std::string prometheus_address(const std::string& option) {
  if (!option.empty()) return option;
  const char* address = std::getenv("ARGO_ROLLOUTS_PROMETHEUS_ADDRESS");
  return address == nullptr ? "" : address;
}

analysis::ProviderRegistry builtin_providers(ProviderParts parts) {
  analysis::ProviderRegistry registry;
  registry.add(analysis::make_job_provider(parts.store, parts.clock));
  registry.add(
      analysis::make_prometheus_provider(parts.http, {.default_address = parts.prometheus}));
  return registry;
}

}  // namespace sluice::cli
