#pragma once

// The composition root's list: which metric sources the program has. (Routers: traffic/.)

#include "analysis/providers/aws_login.h"
#include "analysis/providers/http_source.h"
#include "analysis/providers/metric_provider.h"
#include "base/clock.h"
#include "kube/object_store.h"

#include <string>

namespace sluice::cli {

/// The Prometheus that metrics without an address ask: the option if given, else the environment
/// variable that Argo Rollouts reads, else none.
std::string prometheus_address(const std::string& option);

/// What the process' environment says of AWS.
analysis::AwsEnvironment aws_environment();

/// What metric providers ask with; everything in it must outlive the registry.
struct ProviderParts {
  analysis::HttpSource& source;
  std::string prometheus;              ///< For metrics without an address.
  kube::ObjectStore* store = nullptr;  ///< Where Jobs run; null: they can only be checked.
  Clock* clock = nullptr;              ///< Goes with `store`.
};

/// Every metric provider.
analysis::ProviderRegistry builtin_providers(ProviderParts parts);

}  // namespace sluice::cli
