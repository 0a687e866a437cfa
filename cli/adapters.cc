#include "cli/adapters.h"

#include "analysis/providers/job_provider.h"
#include "analysis/providers/prometheus_provider.h"
#include "analysis/providers/web_provider.h"
#include "kube/login.h"

#include <cstdlib>

namespace sluice::cli {

std::string prometheus_address(const std::string& option) {
  if (!option.empty()) return option;
  const char* address = std::getenv("ARGO_ROLLOUTS_PROMETHEUS_ADDRESS");
  return address == nullptr ? "" : address;
}

analysis::AwsEnvironment aws_environment() {
  return analysis::read_aws_environment(kube::process_surroundings().variable);
}

analysis::ProviderRegistry builtin_providers(ProviderParts parts) {
  analysis::ProviderRegistry registry;
  registry.add(analysis::make_job_provider(parts.store, parts.clock));
  registry.add(analysis::make_prometheus_provider(parts.source, parts.prometheus));
  registry.add(analysis::make_web_provider(parts.source));
  return registry;
}

}  // namespace sluice::cli
