#include "kube/field_managers.h"

#include "base/json_list.h"

#include <nlohmann/json.hpp>

#include <vector>

namespace sluice::kube {
namespace {

/// The entries about that subresource.
std::vector<Json> entries_about(const Object& object, std::string_view subresource) {
  const Result<Json> document = object.parse();
  std::vector<Json> entries;
  if (!document) return entries;
  for (const Json& entry : list_at(*document, "metadata.managedFields"))
    if (string_at(entry, "subresource") == subresource) entries.push_back(entry);
  return entries;
}

}  // namespace

std::string last_writer(const Object& object, std::string_view subresource) {
  std::string writer;
  std::string latest;  // RFC 3339 in UTC: later is greater.
  for (const Json& entry : entries_about(object, subresource)) {
    const std::string manager = string_at(entry, "manager");
    const std::string time = string_at(entry, "time");
    if (manager == kFieldManager || time < latest) continue;
    writer = manager;
    latest = time;
  }
  return writer;
}

std::string writer_text(const Object* object, std::string_view subresource) {
  if (object == nullptr) return "";
  const std::string writer = last_writer(*object, subresource);
  if (!writer.empty()) return "\"" + writer + "\"";
  return entries_about(*object, subresource).empty() ? "" : "another Sluice";
}

}  // namespace sluice::kube
