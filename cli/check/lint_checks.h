#pragma once

// What lint looks at beyond the schema, with the sentences that the controller uses in InvalidSpec.

#include "analysis/providers/metric_provider.h"
#include "crds/lint.h"

namespace sluice::cli {

/// References are judged against the other objects of the input; where it holds no object of the
/// kind referred to, they cannot be known and are let pass. `providers` must outlive the checks.
crds::LintChecks lint_checks(const analysis::ProviderRegistry& providers);

}  // namespace sluice::cli
