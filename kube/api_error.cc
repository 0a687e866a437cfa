#include "kube/api_error.h"

#include "base/json_list.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace sluice::kube {
namespace {

/// Of an answer that is no Status, for the message.
constexpr size_t kQuoteMax = 200;

/// What a server says of a version that it has not reached: it lags behind, or is of another
/// history since a backup was played back. Either way a list tells what is true now.
constexpr std::string_view kVersionTooLarge = "ResourceVersionTooLarge";

/// What a server says of an eviction that a budget forbids, beside 429: which one, is in the
/// cause's message.
constexpr std::string_view kDisruptionBudget = "DisruptionBudget";

const Json* find_cause(const Json& status, std::string_view reason) {
  for (const Json& cause : list_at(status, "details.causes"))
    if (string_at(cause, "reason") == reason) return &cause;
  return nullptr;
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
  if (const Json* kept = find_cause(status, kDisruptionBudget))
    return {ErrorCode::Forbidden, fmt::format("{} {}", message, string_at(*kept, "message"))};
  const bool lost = find_cause(status, kVersionTooLarge) != nullptr;
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
