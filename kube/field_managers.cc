#include "kube/field_managers.h"

#include "base/json_list.h"

#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

namespace sluice::kube {
namespace {

/// The entries about that subresource, which live as long as the document.
std::vector<const Json*> entries_about(const Json& document, std::string_view subresource) {
  std::vector<const Json*> entries;
  for (const Json& entry : list_at(document, "metadata.managedFields"))
    if (string_at(entry, "subresource") == subresource) entries.push_back(&entry);
  return entries;
}

/// Of entries, that of the manager other than this program that wrote last; null without one.
const Json* last_other(const std::vector<const Json*>& entries) {
  const Json* last = nullptr;
  std::string latest;  // RFC 3339 in UTC: later is greater.
  for (const Json* entry : entries) {
    const std::string time = string_at(*entry, "time");
    if (string_at(*entry, "manager") == kFieldManager || time < latest) continue;
    last = entry;
    latest = time;
  }
  return last;
}

}  // namespace

std::string last_writer(const Object& object, std::string_view subresource) {
  const Json document = object.parse().value_or(Json());
  const Json* entry = last_other(entries_about(document, subresource));
  return entry == nullptr ? "" : string_at(*entry, "manager");
}

std::string writer_text(const Object* object, std::string_view subresource) {
  if (object == nullptr) return "";
  const Json document = object->parse().value_or(Json());
  const std::vector<const Json*> entries = entries_about(document, subresource);
  const Json* entry = last_other(entries);
  const std::string writer = entry == nullptr ? "" : string_at(*entry, "manager");
  if (!writer.empty()) return "\"" + writer + "\"";
  return entries.empty() ? "" : "another Sluice";
}

void keep_last_writers(Json& document, std::initializer_list<std::string_view> subresources) {
  const auto metadata = document.find("metadata");
  if (metadata == document.end() || !metadata->contains("managedFields")) return;
  Json kept = Json::array();
  for (const std::string_view subresource : subresources) {
    const std::vector<const Json*> entries = entries_about(document, subresource);
    if (entries.empty()) continue;
    const Json* other = last_other(entries);
    const Json& entry = other == nullptr ? *entries.front() : *other;
    Json writer = {{"manager", string_at(entry, "manager")}, {"time", string_at(entry, "time")}};
    if (!subresource.empty()) writer["subresource"] = subresource;
    kept.push_back(std::move(writer));
  }
  if (kept.empty())
    metadata->erase("managedFields");
  else
    (*metadata)["managedFields"] = std::move(kept);
}

}  // namespace sluice::kube
