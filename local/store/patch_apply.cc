#include "local/store/patch_apply.h"

#include "local/store/patch_strategic.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {
namespace {

/// The most operations that one JSON patch may hold, as on the real server.
constexpr size_t kPatchOperationsMax = 10'000;

ApiError undecodable(const std::string& why) {
  return bad_request("error decoding patch: " + why);
}

/// 422 for a patch that is well-formed but does not fit the object.
ApiError unprocessable() {
  return {422, "Invalid", "the server rejected our request due to an error in our request",
          ApiDetails{}};
}

std::string go_kind(const Json& value) {
  return value.is_string() ? "string" : std::string(value.type_name());
}

bool is_copy(const Json& operation) {
  return string_at(operation, "op") == "copy";
}

/// One operation after the other: copies can double a document each, so they are watched.
bool apply_bounded(Json& document, const Json& operations) {
  for (const Json& operation : operations) {
    document.patch_inplace(Json::array({operation}));
    if (is_copy(operation) && dump_json(document).size() > kJsonBytesMax) return false;
  }
  return true;
}

ApiResult<void> apply_json_patch(Json& document, const Json& operations) {
  if (!operations.is_array()) {
    return fail(undecodable(
        fmt::format("json: cannot unmarshal {} into Go value of type []handlers.jsonPatchOp",
                    go_kind(operations))));
  }
  if (operations.size() > kPatchOperationsMax) {
    return fail(ApiError{413, "RequestEntityTooLarge",
                         fmt::format("The allowed maximum operations in a JSON patch is {}, got {}",
                                     kPatchOperationsMax, operations.size()),
                         ApiDetails{}});
  }
  try {
    if (std::ranges::none_of(operations, is_copy)) {
      document.patch_inplace(operations);
    } else if (!apply_bounded(document, operations)) {
      return fail(unprocessable());
    }
  } catch (const Json::exception&) {
    return fail(unprocessable());
  }
  // An operation on the root may have left anything.
  return document.is_object() ? ApiResult<void>{} : fail(unprocessable());
}

ApiResult<void> require_object(const Json& patch) {
  if (patch.is_object()) return {};
  return fail(undecodable(
      fmt::format("json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                  go_kind(patch))));
}

}  // namespace

ApiResult<void> apply_patch(Json& document, kube::PatchType type, std::string_view patch,
                            const Shape* shape) {
  auto parsed = parse_json(patch);
  if (!parsed) return fail(undecodable(parsed.error().message));
  if (type == kube::PatchType::Json) return apply_json_patch(document, *parsed);
  if (auto object = require_object(*parsed); !object) return object;
  if (type == kube::PatchType::Strategic) return apply_strategic_patch(document, *parsed, shape);
  apply_merge_patch(document, *parsed);
  return {};
}

}  // namespace sluice::local
