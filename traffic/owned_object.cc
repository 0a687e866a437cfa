#include "traffic/owned_object.h"

#include "base/json_list.h"
#include "crds/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::traffic {

bool is_owned(const Json& object, const RouterOwner& owner) {
  return std::ranges::any_of(list_at(object, "metadata.ownerReferences"), [&](const Json& one) {
    return bool_at(one, "controller") && string_at(one, "uid") == owner.uid;
  });
}

Error not_owned(const ObjectRef& object) {
  return invalid(fmt::format("{}: belongs to somebody else: one of the Rollout's is to stand there",
                             object.to_string()));
}

ObjectChange create_owned(const ObjectRef& object, const RouterOwner& owner, const Json& spec,
                          StringMap annotations) {
  ObjectMeta meta;
  meta.name = object.key.name;
  meta.namespace_ = object.key.namespace_;
  meta.annotations = std::move(annotations);
  meta.owner_references = {{.api_version = std::string(crds::kApiVersion),
                            .kind = std::string(crds::kRollout),
                            .name = owner.rollout.name,
                            .uid = owner.uid,
                            .controller = true,
                            .block_owner_deletion = true}};
  const Json body = {{"apiVersion", object.gvk.api_version()},
                     {"kind", object.gvk.kind},
                     {"metadata", encode_object_meta(meta)},
                     {"spec", spec}};
  return {.verb = ObjectChange::Verb::Create, .object = object, .body = dump_json(body), .uid = {}};
}

ObjectChange patch_object(const ObjectRef& object, const Json& patch) {
  return {.verb = ObjectChange::Verb::Patch, .object = object, .body = dump_json(patch), .uid = {}};
}

ObjectChange remove_object(const ObjectRef& object, const Json& json) {
  return {.verb = ObjectChange::Verb::Remove,
          .object = object,
          .body = {},
          .uid = string_at(json, "metadata.uid")};
}

void set_field(const Json& object, const std::string& place, const Json& value, Json& patch) {
  const Json::json_pointer pointer(place);
  const bool there = object.contains(pointer);
  if (there ? object.at(pointer) == value : value.is_null()) return;
  if (there) patch.push_back({{"op", "test"}, {"path", place}, {"value", object.at(pointer)}});
  if (value.is_null())
    patch.push_back({{"op", "remove"}, {"path", place}});
  else
    patch.push_back({{"op", "add"}, {"path", place}, {"value", value}});
}

}  // namespace sluice::traffic
