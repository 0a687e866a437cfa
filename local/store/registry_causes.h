#pragma once

// Field errors of an API server.

#include "base/json.h"
#include "core/fault.h"
#include "core/names.h"
#include "local/store/api_error.h"

#include <initializer_list>
#include <string>

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

using Paths = std::initializer_list<const char*>;

/// What is to be said against a name or a label.
ApiCauses complaints_about(const std::string& field, const std::string& value,
                           const core::NameComplaints& complaints);
/// A port number out of its range.
ApiCauses check_port_number(const std::string& field, int64_t number);
/// Numbers at the paths that are negative.
ApiCauses negative_numbers(const Json& object, Paths paths);
/// Fields that an update changes and may not; `prefix` is where the object lies.
ApiCauses changed_fields(const Json& object, const Json& old, Paths paths,
                         const std::string& prefix = "");

}  // namespace sluice::local
