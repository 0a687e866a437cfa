#include "kube/api_error.h"

#include "base/json.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sluice::kube {
namespace {

/// Of an answer that is no Status, for the message.
constexpr size_t kQuoteMax = 200;

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

Error to_api_error(int http_status, std::string_view body) {
  const auto document = parse_json(body);
  if (document && string_at(*document, "kind") == "Status") {
    const std::string reason = string_at(*document, "reason");
    std::string message = string_at(*document, "message");
    if (message.empty()) message = fmt::format("HTTP {} {}", http_status, reason);
    return {code_of(http_status, reason), std::move(message)};
  }
  return {code_of(http_status, ""),
          fmt::format("HTTP {}: {}", http_status, body.substr(0, kQuoteMax))};
}

}  // namespace sluice::kube
