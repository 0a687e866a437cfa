#pragma once

// Field errors of an API server, and how Go prints values in them.

#include "base/object_meta.h"
#include "core/fault.h"
#include "local/store/api_error.h"

#include <string>
#include <vector>

namespace sluice::local {

using ApiCauses = core::Faults;

using core::append;
using core::duplicate_value;
using core::forbidden_value;
using core::go_quote;
using core::invalid_value;
using core::required_value;
using core::too_long;
using core::unsupported_value;

/// %#v of a map of strings: `map[string]string{"app":"x"}`.
std::string go_print(const StringMap& map);
/// %q of a list of strings: `[]string{"a", "b"}`.
std::string go_print(const std::vector<std::string>& list);

}  // namespace sluice::local
