#include "local/store/api_error.h"

#include "kube/api_error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {
namespace {

Json encode_cause(const ApiCause& cause) {
  Json out = Json::object();
  if (!cause.reason.empty()) out["reason"] = cause.reason;
  if (!cause.message.empty()) out["message"] = cause.message;
  if (!cause.field.empty()) out["field"] = cause.field;
  return out;
}

Json encode_details(const ApiDetails& details) {
  Json out = Json::object();
  const auto put = [&out](const char* field, const std::string& value) {
    if (!value.empty()) out[field] = value;
  };
  put("name", details.name);
  put("group", details.group);
  put("kind", details.kind);
  put("uid", details.uid);
  for (const ApiCause& cause : details.causes) out["causes"].push_back(encode_cause(cause));
  if (details.retry_after_seconds != 0) out["retryAfterSeconds"] = details.retry_after_seconds;
  return out;
}

}  // namespace

std::string join_causes(const std::vector<ApiCause>& causes) {
  std::vector<std::string> sentences;
  for (const ApiCause& cause : causes) {
    std::string sentence = cause.field.empty() ? cause.message : cause.field + ": " + cause.message;
    if (std::ranges::find(sentences, sentence) == sentences.end())
      sentences.push_back(std::move(sentence));
  }
  if (sentences.size() == 1) return sentences.front();
  std::string joined;
  for (const std::string& sentence : sentences) joined += (joined.empty() ? "" : ", ") + sentence;
  return "[" + joined + "]";
}

Json encode_status(const ApiError& error) {
  Json status = {{"kind", "Status"},    {"apiVersion", "v1"},       {"metadata", Json::object()},
                 {"status", "Failure"}, {"message", error.message}, {"code", error.code}};
  if (!error.reason.empty()) status["reason"] = error.reason;
  if (error.details) status["details"] = encode_details(*error.details);
  return status;
}

Error to_error(const ApiError& error) {
  return kube::to_status_error(error.code, encode_status(error));
}

ApiError bad_request(std::string message) {
  return {400, "BadRequest", std::move(message), std::nullopt};
}

ApiError internal_failure(std::string message) {
  return {500, "", std::move(message), std::nullopt};
}

ApiError too_large(std::string message) {
  return {413, "RequestEntityTooLarge", std::move(message), ApiDetails{}};
}

ApiError storage_full(std::string message) {
  return {503, "ServiceUnavailable", std::move(message), std::nullopt};
}

ApiError path_not_found() {
  return {404, "NotFound", "the server could not find the requested resource", ApiDetails{}};
}

ApiError method_not_allowed() {
  return {405, "MethodNotAllowed",
          "the server does not allow this method on the requested resource", ApiDetails{}};
}

ApiError unsupported_media_type(std::string accepted) {
  return {415, "UnsupportedMediaType",
          "the body of the request was in an unknown format - accepted media types include: " +
              accepted,
          std::nullopt};
}

std::string GroupResource::to_string() const {
  return group.empty() ? plural : plural + "." + group;
}

namespace {

ApiDetails details_of(const GroupResource& resource, const std::string& name) {
  return {.name = name, .group = resource.group, .kind = resource.plural};
}

}  // namespace

ApiError object_not_found(const GroupResource& resource, const std::string& name) {
  return {404, "NotFound", fmt::format("{} \"{}\" not found", resource.to_string(), name),
          details_of(resource, name)};
}

ApiError object_already_exists(const GroupResource& resource, const std::string& name) {
  return {409, "AlreadyExists", fmt::format("{} \"{}\" already exists", resource.to_string(), name),
          details_of(resource, name)};
}

ApiError object_conflict(const GroupResource& resource, const std::string& name,
                         const std::string& why) {
  return {409, "Conflict",
          fmt::format("Operation cannot be fulfilled on {} \"{}\": {}", resource.to_string(), name,
                      why),
          details_of(resource, name)};
}

ApiError object_modified(const GroupResource& resource, const std::string& name) {
  return object_conflict(resource, name,
                         "the object has been modified; please apply your changes to the latest "
                         "version and try again");
}

ApiError object_invalid(const std::string& group, const std::string& kind, const std::string& name,
                        std::vector<ApiCause> causes) {
  const std::string who = GroupResource{group, kind}.to_string();
  return {422, "Invalid", fmt::format("{} \"{}\" is invalid: {}", who, name, join_causes(causes)),
          ApiDetails{.name = name, .group = group, .kind = kind, .causes = std::move(causes)}};
}

ApiError history_expired(std::string message) {
  return {410, "Expired", std::move(message), std::nullopt};
}

}  // namespace sluice::local
