#include "kube/field_managers.h"

#include <nlohmann/json.hpp>

namespace sluice::kube {

std::string last_writer(const Object& object, std::string_view subresource) {
  const Result<Json> document = object.parse();
  const Json* fields = document ? find_path(*document, "metadata.managedFields") : nullptr;
  if (fields == nullptr || !fields->is_array()) return "";
  std::string writer;
  std::string latest;  // RFC 3339 in UTC: later is greater.
  for (const Json& entry : *fields) {
    const std::string manager = string_at(entry, "manager");
    const std::string time = string_at(entry, "time");
    const bool about = string_at(entry, "subresource") == subresource;
    if (manager == kFieldManager || !about || time < latest) continue;
    writer = manager;
    latest = time;
  }
  return writer;
}

}  // namespace sluice::kube
