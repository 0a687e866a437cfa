#include "kube/api_error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace sluice::kube {
namespace {

/// Of an answer that is no Status, for the message.
constexpr size_t kQuoteMax = 200;

/// What a server says of a version that it has not reached: it lags behind, or is of another
/// history since a backup was played back. Either way a list tells what is true now.
constexpr std::string_view kVersionTooLarge = "ResourceVersionTooLarge";

bool has_cause(const Json& status, std::string_view reason) {
  const Json* causes = find_path(status, "details.causes");
  return causes != nullptr && causes->is_array() &&
         std::ranges::any_of(
             *causes, [reason](const Json& cause) { return string_at(cause, "reason") == reason; });
}

ErrorCode code_of(int http_status, std::string_view reason) {
  switch (http_status) {
    case 401:
    case 403:
      return ErrorCode::Forbidden;
    case 404:
      return ErrorCode::NotFound;
    case 408:
    case 504:
      return ErrorCode::Timeout;
    case 409:
      return reason == "AlreadyExists" ? ErrorCode::AlreadyExists : ErrorCode::Conflict;
    case 410:
      return ErrorCode::Expired;
    case 429:
      return ErrorCode::Unavailable;
    default:
      break;
  }
  if (http_status >= 500) return ErrorCode::Unavailable;
  return http_status >= 400 ? ErrorCode::Invalid : ErrorCode::Internal;
}

}  // namespace

Error to_status_error(int http_status, const Json& status) {
  const std::string reason = string_at(status, "reason");
  std::string message = string_at(status, "message");
  if (message.empty()) message = fmt::format("HTTP {} {}", http_status, reason);
  const bool lost = has_cause(status, kVersionTooLarge);
  return {lost ? ErrorCode::Expired : code_of(http_status, reason), std::move(message)};
}

Error to_api_error(int http_status, std::string_view body) {
  const auto document = parse_json(body);
  if (document && string_at(*document, "kind") == "Status")
    return to_status_error(http_status, *document);
  return {code_of(http_status, ""),
          fmt::format("HTTP {}: {}", http_status, body.substr(0, kQuoteMax))};
}

}  // namespace sluice::kube
