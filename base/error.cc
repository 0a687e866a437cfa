#include "base/error.h"

#include <utility>

namespace sluice {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::NotFound:
      return "NotFound";
    case ErrorCode::AlreadyExists:
      return "AlreadyExists";
    case ErrorCode::Conflict:
      return "Conflict";
    case ErrorCode::Invalid:
      return "Invalid";
    case ErrorCode::Forbidden:
      return "Forbidden";
    case ErrorCode::Expired:
      return "Expired";
    case ErrorCode::Timeout:
      return "Timeout";
    case ErrorCode::Unavailable:
      return "Unavailable";
    case ErrorCode::Cancelled:
      return "Cancelled";
    case ErrorCode::Internal:
      return "Internal";
  }
  return "Internal";
}

bool is_transient(ErrorCode code) {
  return code == ErrorCode::Conflict || code == ErrorCode::Timeout ||
         code == ErrorCode::Unavailable || code == ErrorCode::Expired;
}

Error Error::within(std::string_view context) const {
  return {code, std::string(context) + ": " + message};
}

Error not_found(std::string message) {
  return {ErrorCode::NotFound, std::move(message)};
}

Error already_exists(std::string message) {
  return {ErrorCode::AlreadyExists, std::move(message)};
}

Error conflict(std::string message) {
  return {ErrorCode::Conflict, std::move(message)};
}

Error invalid(std::string message) {
  return {ErrorCode::Invalid, std::move(message)};
}

Error invalid_field(std::string_view path, std::string_view field, std::string_view message) {
  std::string text(path);
  text.append(".").append(field).append(": ").append(message);
  return invalid(std::move(text));
}

Error forbidden(std::string message) {
  return {ErrorCode::Forbidden, std::move(message)};
}

Error timeout(std::string message) {
  return {ErrorCode::Timeout, std::move(message)};
}

Error unavailable(std::string message) {
  return {ErrorCode::Unavailable, std::move(message)};
}

Error cancelled(std::string message) {
  return {ErrorCode::Cancelled, std::move(message)};
}

Error internal(std::string message) {
  return {ErrorCode::Internal, std::move(message)};
}

}  // namespace sluice
