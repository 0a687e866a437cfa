#include "local/gateway/gateway_json.h"

#include <nlohmann/json.hpp>

namespace sluice::local {

bool has_content(const Json& value, const char* key) {
  const Json* found = find_path(value, key);
  return found != nullptr && !found->is_null() && !found->empty();
}

Result<ObjectMeta> decode_meta(const Json& object) {
  const Json* metadata = find_path(object, "metadata");
  if (metadata == nullptr) return fail(invalid("metadata: missing"));
  return decode_object_meta(*metadata);
}

}  // namespace sluice::local
