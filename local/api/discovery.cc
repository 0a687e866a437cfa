#include "local/api/discovery.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

const std::vector<std::string> kSubresourceVerbs = {"get", "patch", "update"};

/// Something below an object, with the kind that it answers with.
struct SubresourceEntry {
  std::string name;
  GroupVersionKind kind;
  std::vector<std::string> verbs;
};

std::vector<SubresourceEntry> subresources_of(const ResourceType& type) {
  std::vector<SubresourceEntry> entries;
  if (type.has_status) entries.push_back({"status", type.gvk(), kSubresourceVerbs});
  if (type.scale) entries.push_back({"scale", {"autoscaling", "v1", "Scale"}, kSubresourceVerbs});
  for (const std::string& name : type.other_subresources)
    entries.push_back({name, type.gvk(), {"get"}});
  if (!type.custom && type.kind == "Pod")
    entries.push_back({"eviction", {"policy", "v1", "Eviction"}, {"create"}});
  return entries;
}

/// The names of the groups in the order of their first type.
std::vector<std::string> groups_of(const ResourceTypes& types) {
  std::vector<std::string> groups;
  for (const ResourceTypePtr& type : types)
    if (std::ranges::find(groups, type->group) == groups.end()) groups.push_back(type->group);
  return groups;
}

/// The versions of a group, the preferred one first.
std::vector<std::string> versions_of(const ResourceTypes& types, std::string_view group) {
  std::vector<std::string> versions;
  for (const ResourceTypePtr& type : types)
    if (type->group == group && std::ranges::find(versions, type->version) == versions.end())
      versions.push_back(type->version);
  return versions;
}

Json version_entry(std::string_view group, const std::string& version) {
  return {{"groupVersion", std::string(group) + "/" + version}, {"version", version}};
}

Json group_entry(const ResourceTypes& types, const std::string& group) {
  Json versions = Json::array();
  for (const std::string& version : versions_of(types, group))
    versions.push_back(version_entry(group, version));
  Json entry = {{"name", group}, {"preferredVersion", versions[0]}};
  entry["versions"] = std::move(versions);
  return entry;
}

void append_resources(const ResourceType& type, Json& resources) {
  Json entry = {{"name", type.plural},
                {"singularName", type.singular},
                {"namespaced", type.namespaced},
                {"kind", type.kind},
                {"verbs", type.verbs}};
  if (!type.short_names.empty()) entry["shortNames"] = type.short_names;
  if (!type.categories.empty()) entry["categories"] = type.categories;
  resources.push_back(std::move(entry));
  for (const SubresourceEntry& subresource : subresources_of(type)) {
    Json below = {{"name", type.plural + "/" + subresource.name},
                  {"singularName", ""},
                  {"namespaced", type.namespaced},
                  {"kind", subresource.kind.kind},
                  {"verbs", subresource.verbs}};
    if (subresource.kind != type.gvk()) {
      below["group"] = subresource.kind.group;
      below["version"] = subresource.kind.version;
    }
    resources.push_back(std::move(below));
  }
}

}  // namespace

std::string core_versions(std::string_view address) {
  return dump_json({{"kind", "APIVersions"},
                    {"versions", {"v1"}},
                    {"serverAddressByClientCIDRs",
                     {{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", std::string(address)}}}}});
}

std::string group_list(const ResourceTypes& types) {
  Json groups = Json::array();
  for (const std::string& group : groups_of(types))
    if (!group.empty()) groups.push_back(group_entry(types, group));
  return dump_json({{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}});
}

std::optional<std::string> group_document(const ResourceTypes& types, std::string_view group) {
  if (group.empty() || versions_of(types, group).empty()) return std::nullopt;
  Json document = group_entry(types, std::string(group));
  document["kind"] = "APIGroup";
  document["apiVersion"] = "v1";
  return dump_json(document);
}

std::optional<std::string> resource_list(const ResourceTypes& types, std::string_view group,
                                         std::string_view version) {
  Json resources = Json::array();
  std::string group_version;
  for (const ResourceTypePtr& type : types) {
    if (type->group == group && type->version == version) {
      group_version = type->api_version();
      append_resources(*type, resources);
    }
  }
  if (resources.empty()) return std::nullopt;
  return dump_json({{"kind", "APIResourceList"},
                    {"apiVersion", "v1"},
                    {"groupVersion", group_version},
                    {"resources", std::move(resources)}});
}

}  // namespace sluice::local
