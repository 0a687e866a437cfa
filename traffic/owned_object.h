#pragma once

// Objects that a router makes for a Rollout, beside those of people. They refer to it as their
// controller, so that they go with it. Pure, on JSON values.

#include "base/error.h"
#include "base/json.h"
#include "base/object_meta.h"
#include "traffic/router.h"

#include <string>

namespace sluice::traffic {

/// The object's controller is that Rollout.
bool is_owned(const Json& object, const RouterOwner& owner);

/// What to say of somebody else's object in the place of one.
Error not_owned(const ObjectRef& object);

ObjectChange create_owned(const ObjectRef& object, const RouterOwner& owner, const Json& spec,
                          StringMap annotations = {});

ObjectChange patch_object(const ObjectRef& object, const Json& patch);

/// `json`: the object as it is.
ObjectChange remove_object(const ObjectRef& object, const Json& json);

/// Appends to the patch what gives a field that value, or removes it with null. `place` as RFC 6901
/// has it; what holds the field must be there.
void set_field(const Json& object, const std::string& place, const Json& value, Json& patch);

}  // namespace sluice::traffic
