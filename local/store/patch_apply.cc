#include "local/store/patch_apply.h"

#include "local/store/patch_strategic.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sluice::local {
namespace {

/// The most operations that one JSON patch may hold, as on the real server.
constexpr size_t kPatchOperationsMax = 10'000;
/// What the copies of one JSON patch may add up to, as on the real server.
constexpr size_t kPatchCopiedBytesMax = size_t{3} * 1024 * 1024;

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

/// The value at the pointer, or null where there is none.
const Json* value_at(const Json& document, const std::string& pointer) {
  const Json::json_pointer at(pointer);
  return document.contains(at) ? &document.at(at) : nullptr;
}

/// Whether what holds the place is an object or a list: below other values the library leaves
/// everything as it is, without an error.
bool has_holder(const Json& document, const std::string& pointer) {
  if (pointer.empty()) return true;
  const Json* holder = value_at(document, pointer.substr(0, pointer.rfind('/')));
  return holder != nullptr && holder->is_structured();
}

/// The idiom `test` of a member for null: it holds where there is no such member.
bool tests_for_absence(const Json& document, const Json& operation) {
  const std::string path = string_at(operation, "path");
  const Json* wanted = find_path(operation, "value");
  return string_at(operation, "op") == "test" && !path.empty() && wanted != nullptr &&
         wanted->is_null() && value_at(document, path) == nullptr &&
         value_at(document, path.substr(0, path.rfind('/')))->is_object();
}

/// Throws what the library throws. False: the operation has no place, or `copied` becomes too much.
bool apply_operation(Json& document, const Json& operation, size_t& copied) {
  const std::string from = string_at(operation, "from");
  if (!has_holder(document, string_at(operation, "path")) || !has_holder(document, from))
    return false;
  if (tests_for_absence(document, operation)) return true;
  if (string_at(operation, "op") == "copy") {
    // Copies can double a document each: what they add up to is bounded.
    const Json* source = value_at(document, from);
    if (source != nullptr) copied += dump_json(*source).size();
    if (copied > kPatchCopiedBytesMax) return false;
  }
  document.patch_inplace(Json::array({operation}));
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
  size_t copied = 0;
  try {
    for (const Json& operation : operations)
      if (!apply_operation(document, operation, copied)) return fail(unprocessable());
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
                            const core::Shape* shape) {
  auto parsed = parse_json(patch);
  if (!parsed) return fail(undecodable(parsed.error().message));
  if (type == kube::PatchType::Json) return apply_json_patch(document, *parsed);
  if (auto object = require_object(*parsed); !object) return object;
  if (type == kube::PatchType::Strategic) return apply_strategic_patch(document, *parsed, shape);
  apply_merge_patch(document, *parsed);
  return {};
}

}  // namespace sluice::local
