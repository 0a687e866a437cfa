#pragma once

// ApiError is a refusal as the Kubernetes API words it: the HTTP code, the machine-readable reason,
// the sentence, and details that say which object and which fields. Whoever answers over HTTP sends
// `encode_status`; in-process callers turn it into a base Error.

#include "base/error.h"
#include "base/json.h"
#include "core/fault.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::local {

/// One field that is at fault.
using ApiCause = core::Fault;

/// Which object the error is about. Empty members are not written.
struct ApiDetails {
  std::string name;
  std::string group;
  std::string kind;  ///< The plural, or the kind for Invalid: as the real server has it.
  std::string uid;
  std::vector<ApiCause> causes;
  int64_t retry_after_seconds = 0;

  bool operator==(const ApiDetails&) const = default;
};

struct ApiError {
  int code = 500;
  std::string reason;  ///< metav1.StatusReason; empty where the real server gives none.
  std::string message;
  /// Absent is not the same as empty: the real server writes `"details": {}` in some answers.
  std::optional<ApiDetails> details;

  bool operator==(const ApiError&) const = default;
};

template <typename T>
using ApiResult = std::expected<T, ApiError>;

/// `return fail(bad_request("..."));` in a function that returns an ApiResult.
inline std::unexpected<ApiError> fail(ApiError error) {
  return std::unexpected(std::move(error));
}

/// The `Status` object (apiVersion v1, status Failure) that a real API server sends as the body.
Json encode_status(const ApiError& error);
/// The same error in the closed set that the controllers act on.
Error to_error(const ApiError& error);

/// 400 BadRequest without details.
ApiError bad_request(std::string message);
/// 500 without reason or details: what the real server answers where it did not expect the input.
ApiError internal_failure(std::string message);
/// 413 RequestEntityTooLarge.
ApiError too_large(std::string message);
/// 503: nothing is stored while the disk is full.
ApiError storage_full(std::string message);
/// 404 of a path that no resource serves: "the server could not find the requested resource".
ApiError path_not_found();
/// 405: "the server does not allow this method on the requested resource".
ApiError method_not_allowed();
/// 415 with the list of accepted media types.
ApiError unsupported_media_type(std::string accepted);

/// Which objects an error is about: the group and the plural ("apps", "replicasets").
struct GroupResource {
  std::string group;
  std::string plural;

  /// "replicasets.apps", or "configmaps" for the core group.
  std::string to_string() const;
};

/// 404: `configmaps "a" not found`.
ApiError object_not_found(const GroupResource& resource, const std::string& name);
/// 409 AlreadyExists: `configmaps "a" already exists`.
ApiError object_already_exists(const GroupResource& resource, const std::string& name);
/// 409 Conflict: `Operation cannot be fulfilled on configmaps "a": <why>`.
ApiError object_conflict(const GroupResource& resource, const std::string& name,
                         const std::string& why);
/// 409 Conflict with the sentence for a stale resourceVersion.
ApiError object_modified(const GroupResource& resource, const std::string& name);
/// 422: `ConfigMap "a" is invalid: <field>: <message>, …`. `kind` is the kind ("ReplicaSet"), which
/// is followed by the group; a sentence that several causes share is said once.
ApiError object_invalid(const std::string& group, const std::string& kind, const std::string& name,
                        std::vector<ApiCause> causes);
/// The sentences of all causes in one; those that say the same are said once.
std::string join_causes(const std::vector<ApiCause>& causes);
/// 410 Expired: history that is no longer kept.
ApiError history_expired(std::string message);

}  // namespace sluice::local
