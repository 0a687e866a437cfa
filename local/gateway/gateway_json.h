#pragma once

// How the gateway's decoders look into objects.

#include "base/json.h"
#include "base/object_meta.h"

#include <string>

namespace sluice::local {

/// There is something other than null or an empty list, map or text.
bool has_content(const Json& value, const char* key);

/// Errors are Invalid: the object has no metadata, or one of wrong types.
Result<ObjectMeta> decode_meta(const Json& object);

}  // namespace sluice::local
