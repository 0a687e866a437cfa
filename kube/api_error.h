#pragma once

// What an API server's refusals mean for a caller.

#include "base/json.h"
#include "base/result.h"

#include <string_view>

namespace sluice::kube {

/// The error of an HTTP answer whose status is not 2xx. `body` is a Status object as a rule, whose
/// message is kept word for word; anything else (a proxy's page) is quoted in part.
Error to_api_error(int http_status, std::string_view body);

/// The error that a Status object tells of; it may be nested to any depth.
Error to_status_error(int http_status, const Json& status);

}  // namespace sluice::kube
