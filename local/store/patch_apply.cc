#include "local/store/patch_apply.h"

#include "base/json_extent.h"
#include "local/store/patch_strategic.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sluice::local {
namespace {

/// The most operations that one JSON patch may hold, as on the real server.
constexpr size_t kPatchOperationsMax = 10'000;
/// What one JSON patch may copy, as on the real server; the library copies what it moves, too.
constexpr size_t kPatchCopiedBytesMax = size_t{3} * 1024 * 1024;
/// The values among it: some 10 ms.
constexpr size_t kPatchCopiedValuesMax = 50'000;
/// Elements that the operations of one JSON patch may push on or up in lists: some 10 ms.
constexpr size_t kPatchShiftedMax = 2'000'000;

ApiError undecodable(const std::string& why) {
  return bad_request("error decoding patch: " + why);
}

std::string go_kind(const Json& value) {
  return value.is_string() ? "string" : std::string(value.type_name());
}

/// The value at the pointer, or null where there is none.
const Json* value_at(const Json& document, const std::string& pointer) {
  const Json::json_pointer at(pointer);
  return document.contains(at) ? &document.at(at) : nullptr;
}

/// What holds the place: an object or a list. Below other values the library leaves everything as
/// it is, without an error.
const Json* holder_of(const Json& document, const std::string& pointer) {
  const Json* holder = value_at(document, pointer.substr(0, pointer.rfind('/')));
  return holder != nullptr && holder->is_structured() ? holder : nullptr;
}

/// One operation of a JSON patch with what its verdict names.
struct Operation {
  const Json& value;
  size_t index;
  std::string op = string_at(value, "op");
  std::string path = string_at(value, "path");
  std::string from = string_at(value, "from");

  /// 422: the patch is well-formed and does not fit the object.
  ApiError unfit(const std::string& why) const {
    const std::string source = from.empty() ? "" : fmt::format(" from \"{}\"", from);
    return {
        422, "Invalid",
        fmt::format("operation {} of the patch ({} \"{}\"{}): {}", index, op, path, source, why),
        ApiDetails{}};
  }
};

/// The idiom `test` of a member for null: it holds where there is no such member.
bool tests_for_absence(const Json& document, const Operation& operation) {
  const Json* wanted = find_path(operation.value, "value");
  if (operation.op != "test" || operation.path.empty() || wanted == nullptr || !wanted->is_null())
    return false;
  const Json* holder = holder_of(document, operation.path);
  return holder != nullptr && holder->is_object() && value_at(document, operation.path) == nullptr;
}

/// What one JSON patch has cost so far.
struct PatchCost {
  size_t copied = 0;   ///< Bytes: copies can double a document each.
  size_t values = 0;   ///< That were copied.
  size_t shifted = 0;  ///< Elements of lists that moved by one place.

  bool add(const Json& document, const Operation& operation) {
    const bool copies = operation.op == "copy" || operation.op == "move";
    const Json* source = copies ? value_at(document, operation.from) : nullptr;
    if (source != nullptr) {
      const std::string text = dump_json(*source);
      copied += text.size();
      values += extent_of_json(text).values;
    }
    for (const std::string* place : {&operation.path, &operation.from}) {
      const Json* holder = place->empty() ? nullptr : holder_of(document, *place);
      if (holder != nullptr && holder->is_array()) shifted += holder->size();
    }
    return copied <= kPatchCopiedBytesMax && values <= kPatchCopiedValuesMax &&
           shifted <= kPatchShiftedMax;
  }
};

/// Throws what the library throws.
ApiResult<void> apply_operation(Json& document, const Operation& operation, PatchCost& cost) {
  if (tests_for_absence(document, operation)) return {};
  for (const std::string* place : {&operation.from, &operation.path})
    if (!place->empty() && holder_of(document, *place) == nullptr)
      return fail(operation.unfit(fmt::format("there is nothing that could hold \"{}\"", *place)));
  const bool needs_value =
      operation.op == "remove" || operation.op == "replace" || operation.op == "test";
  if (needs_value && value_at(document, operation.path) == nullptr)
    return fail(operation.unfit("there is nothing at its path"));
  const bool needs_source = operation.op == "move" || operation.op == "copy";
  if (needs_source && value_at(document, operation.from) == nullptr)
    return fail(operation.unfit("there is nothing to take"));
  if (!cost.add(document, operation))
    return fail(operation.unfit("the patch copies or moves too much"));
  document.patch_inplace(Json::array({operation.value}));
  return {};
}

ApiResult<void> apply_json_patch(Json& document, const Json& operations) {
  if (!operations.is_array()) {
    return fail(undecodable(
        fmt::format("json: cannot unmarshal {} into Go value of type []handlers.jsonPatchOp",
                    go_kind(operations))));
  }
  if (operations.size() > kPatchOperationsMax) {
    return fail(
        too_large(fmt::format("The allowed maximum operations in a JSON patch is {}, got {}",
                              kPatchOperationsMax, operations.size())));
  }
  PatchCost cost;
  for (size_t at = 0; at < operations.size(); ++at) {
    const Operation operation{operations[at], at};
    try {
      if (auto done = apply_operation(document, operation, cost); !done) return done;
    } catch (const Json::exception& problem) {
      const bool tested = operation.op == "test";
      return fail(operation.unfit(tested ? "the value is another one" : problem.what()));
    }
    // An operation on the root may have left anything.
    if (!document.is_object()) return fail(operation.unfit("it leaves no object"));
  }
  return {};
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
