#pragma once

// Duplicates in lists that are sets or maps; private to crds/schema*.

#include "crds/schema_errors.h"
#include "crds/schema_node.h"

#include <vector>

namespace sluice::crds {

/// Appends an error for the first repetition of each item of a set, or key of a map; stops at
/// kFieldErrorsMax.
void check_lists(const Json& object, const SchemaNode& root, std::vector<FieldError>& errors);

}  // namespace sluice::crds
