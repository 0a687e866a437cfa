#include "core/pod_defaults.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace sluice::core {
namespace {

/// "Always" for images without a tag or with "latest", which may move.
std::string pull_policy_of(std::string_view image) {
  if (image.contains('@')) return "IfNotPresent";
  const size_t slash = image.rfind('/');
  const size_t colon = image.find(':', slash == std::string::npos ? 0 : slash);
  const bool moving = colon == std::string::npos || image.substr(colon + 1) == "latest";
  return moving ? "Always" : "IfNotPresent";
}

/// The field of the struct that holds a pull policy, whose default depends on the image.
struct PullPolicy {
  std::string_view shape;
  const char* image;
  const char* field;
};

constexpr PullPolicy kPullPolicies[] = {{"Container", "image", "imagePullPolicy"},
                                        {"EphemeralContainer", "image", "imagePullPolicy"},
                                        {"ImageVolumeSource", "reference", "pullPolicy"}};

/// A volume of nothing but a name is an empty directory.
bool is_bare_volume(const Json& value, const Shape& shape) {
  return shape.name == "Volume" && value.size() == 1 && value.contains("name");
}

/// Calls `visit` with each member or element that has a shape.
template <typename Visit>
void each_inner(Json& value, const Shape& shape, Visit visit) {
  if (value.is_array() && shape.kind == Shape::Kind::List) {
    for (Json& element : value) visit(element, *shape.element);
  } else if (value.is_object() && shape.kind == Shape::Kind::Object) {
    for (auto& [key, member] : value.items())
      if (const ShapeField* field = shape.field(key); field != nullptr)
        visit(member, *field->shape);
  }
}

void strip_fields(Json& value, const Shape& shape) {
  for (const ShapeField& field : shape.fields) {
    if (!field.default_value) continue;
    const auto found = value.find(field.name);
    if (found != value.end() && (found->is_null() || *found == *field.default_value))
      value.erase(found);
  }
  for (const PullPolicy& policy : kPullPolicies)
    if (shape.name == policy.shape &&
        string_at(value, policy.field) == pull_policy_of(string_at(value, policy.image)))
      value.erase(policy.field);
  // serviceAccount is the old name that API servers keep in step with serviceAccountName.
  if (shape.name == "PodSpec" && value.contains("serviceAccountName"))
    value.erase("serviceAccount");
}

void apply_fields(Json& value, const Shape& shape) {
  if (is_bare_volume(value, shape)) value["emptyDir"] = Json::object();
  for (const ShapeField& field : shape.fields) {
    const bool filled = field.default_value && field.default_from != DefaultFrom::Nobody;
    if (filled && !value.contains(field.name)) value[field.name] = *field.default_value;
  }
  for (const PullPolicy& policy : kPullPolicies)
    if (shape.name == policy.shape && !value.contains(policy.field))
      value[policy.field] = pull_policy_of(string_at(value, policy.image));
}

}  // namespace

void apply_defaults(Json& value, const Shape& shape) {
  if (value.is_object() && shape.kind == Shape::Kind::Object) apply_fields(value, shape);
  each_inner(value, shape, apply_defaults);
}

void strip_defaults(Json& value, const Shape& shape) {
  if (value.is_object() && shape.kind == Shape::Kind::Object) strip_fields(value, shape);
  each_inner(value, shape, strip_defaults);
}

}  // namespace sluice::core
