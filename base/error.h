#pragma once

// An Error is what a call returns instead of a value: one of a closed set of categories that the
// shell acts on, and a sentence for a person, built up by the layers it passes through.

#include <string>
#include <string_view>

namespace sluice {

/// What the caller can do about an error. The set is closed: switch over it without `default`.
enum class ErrorCode {
  NotFound,       ///< The thing asked for does not exist.
  AlreadyExists,  ///< The thing to be made is there already.
  Conflict,       ///< Somebody else wrote first: read again, then decide again.
  Invalid,        ///< The input is wrong and stays wrong until somebody changes it.
  Forbidden,      ///< Not logged in, or not allowed.
  Expired,        ///< The asked-for history is no longer kept (HTTP 410): list again.
  Timeout,        ///< A deadline passed; whether the work was done is unknown.
  Unavailable,    ///< A peer cannot be reached or cannot answer now: try again later.
  Cancelled,      ///< The caller or the shutdown asked for it.
  Internal,       ///< A defect, here or in a peer.
};

/// The code's name as written in logs and metrics, such as "NotFound".
std::string_view to_string(ErrorCode code);

/// True where trying the same again later may succeed (Conflict, Timeout, Unavailable, Expired).
bool is_transient(ErrorCode code);

/// A category and a message. The message names the object and never holds a secret.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;

  /// The same error with "context: " put before the message.
  Error within(std::string_view context) const;

  bool operator==(const Error&) const = default;
};

Error not_found(std::string message);
Error already_exists(std::string message);
Error conflict(std::string message);
Error invalid(std::string message);
/// "PATH.FIELD: MESSAGE": what is wrong with one field of an object.
Error invalid_field(std::string_view path, std::string_view field, std::string_view message);
Error forbidden(std::string message);
Error timeout(std::string message);
Error unavailable(std::string message);
Error cancelled(std::string message);
Error internal(std::string message);

}  // namespace sluice
