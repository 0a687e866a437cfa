#include "local/store/registry_metadata.h"

#include "base/json_list.h"
#include "base/letter_case.h"
#include "core/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {
namespace {

/// Generated names are cut to 63 bytes, five of them random.
constexpr size_t kGeneratedBaseMax = 58;
constexpr size_t kAnnotationBytesMax = size_t{256} * 1024;

core::NameComplaints check_object_name(const std::string& name, const ResourceType& type) {
  if (type.is_builtin("Namespace")) return core::check_label(name);
  if (type.is_builtin("Service")) return core::check_dns1035_label(name);
  return core::check_subdomain(name);
}

ApiCauses validate_name(const ObjectMeta& meta, const ResourceType& type) {
  ApiCauses causes;
  if (!meta.generate_name.empty()) {
    // A trailing dash is fine: something is always appended.
    std::string base = meta.generate_name;
    if (base.ends_with('-')) base.back() = 'a';
    append(causes, complaints_about("metadata.generateName", meta.generate_name,
                                    check_object_name(base, type)));
  }
  if (meta.name.empty())
    causes.push_back(required_value("metadata.name", "name or generateName is required"));
  else
    append(causes,
           complaints_about("metadata.name", meta.name, check_object_name(meta.name, type)));
  return causes;
}

ApiCauses validate_annotations(const StringMap& annotations) {
  ApiCauses causes;
  size_t bytes = 0;
  for (const auto& [key, value] : annotations) {
    append(causes, complaints_about("metadata.annotations", key,
                                    core::check_qualified_name(lower_case(key))));
    bytes += key.size() + value.size();
  }
  if (bytes > kAnnotationBytesMax)
    causes.push_back(too_long("metadata.annotations", kAnnotationBytesMax));
  return causes;
}

ApiCauses validate_owners(const std::vector<OwnerReference>& owners) {
  const std::string field = "metadata.ownerReferences";
  ApiCauses causes;
  const OwnerReference* controller = nullptr;
  for (const OwnerReference& owner : owners) {
    for (const auto& [part, value] :
         {std::pair{".kind", &owner.kind}, {".name", &owner.name}, {".uid", &owner.uid}}) {
      if (value->empty())
        causes.push_back(invalid_value(field + part, "\"\"", "must not be empty"));
    }
    if (owner.api_version.empty())
      causes.push_back(invalid_value(field + ".apiVersion", "\"\"", "version must not be empty"));
    if (!owner.controller) continue;
    if (controller != nullptr) {
      causes.push_back(invalid_value(
          field, go_quote(owner.name),
          fmt::format("Only one reference can have Controller set to true. Found \"true\" in "
                      "references for {}/{} and {}/{}",
                      controller->kind, controller->name, owner.kind, owner.name)));
      break;
    }
    controller = &owner;
  }
  return causes;
}

ApiCauses validate_finalizers(const std::vector<std::string>& finalizers) {
  ApiCauses causes;
  for (size_t at = 0; at < finalizers.size(); ++at) {
    const std::string& finalizer = finalizers[at];
    const std::string field = fmt::format("metadata.finalizers[{}]", at);
    const bool standard =
        finalizer == "kubernetes" || finalizer == "orphan" || finalizer == "foregroundDeletion";
    const core::NameComplaints complaints = core::check_qualified_name(finalizer);
    append(causes, complaints_about(field, finalizer, complaints));
    if (complaints.empty() && !standard && !finalizer.contains('/')) {
      causes.push_back(
          invalid_value(field, go_quote(finalizer),
                        "name is neither a standard finalizer name nor is it fully qualified"));
    }
  }
  const auto has = [&finalizers](std::string_view name) {
    return std::ranges::find(finalizers, name) != finalizers.end();
  };
  if (has("orphan") && has("foregroundDeletion")) {
    causes.push_back(invalid_value("metadata.finalizers", dump_json(Json(finalizers)),
                                   "finalizer orphan and foregroundDeletion cannot be both set"));
  }
  return causes;
}

}  // namespace

void prepare_new_metadata(Json& metadata, const ResourceType& type, const std::string& namespace_,
                          const NewIdentity& identity) {
  for (const char* field : {"deletionTimestamp", "deletionGracePeriodSeconds", "generation",
                            "resourceVersion", "selfLink", "managedFields", "namespace"}) {
    metadata.erase(field);
  }
  if (type.namespaced) metadata["namespace"] = namespace_;
  metadata["uid"] = identity.uid;
  metadata["creationTimestamp"] = format_time(identity.now);
  if (type.has_generation) metadata["generation"] = 1;
  const std::string base = string_at(metadata, "generateName");
  if (string_at(metadata, "name").empty() && !base.empty())
    metadata["name"] = base.substr(0, kGeneratedBaseMax) + identity.name_suffix;
}

void inherit_metadata(Json& metadata, const Json& old) {
  for (const char* field : {"name", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
                            "deletionGracePeriodSeconds", "resourceVersion"}) {
    const auto known = old.find(field);
    const bool given = metadata.contains(field) && metadata[field] != Json("");
    if (!given && known != old.end()) metadata[field] = *known;
  }
  for (const char* field : {"generation", "selfLink", "managedFields"}) {
    metadata.erase(field);
    if (const auto known = old.find(field); known != old.end()) metadata[field] = *known;
  }
}

ApiCauses validate_labels(const StringMap& labels, const std::string& field) {
  ApiCauses causes;
  for (const auto& [key, value] : labels) {
    append(causes, complaints_about(field, key, core::check_qualified_name(key)));
    append(causes, complaints_about(field, value, core::check_label_value(value)));
  }
  return causes;
}

ApiCauses validate_metadata(const ObjectMeta& meta, const ResourceType& type) {
  ApiCauses causes = validate_name(meta, type);
  append(causes, validate_labels(meta.labels, "metadata.labels"));
  append(causes, validate_annotations(meta.annotations));
  append(causes, validate_owners(meta.owner_references));
  append(causes, validate_finalizers(meta.finalizers));
  return causes;
}

ApiCauses validate_metadata_update(const Json& metadata, const Json& old) {
  ApiCauses causes;
  if (old.contains("deletionTimestamp")) {
    const std::vector<std::string> known = strings_at(old, "finalizers");
    std::vector<std::string> added;
    for (const std::string& finalizer : strings_at(metadata, "finalizers"))
      if (std::ranges::find(known, finalizer) == known.end()) added.push_back(finalizer);
    if (!added.empty()) {
      causes.push_back(forbidden_value(
          "metadata.finalizers",
          "no new finalizers can be added if the object is being deleted, found new finalizers " +
              dump_json(Json(added))));
    }
  }
  append(causes, changed_fields(metadata, old,
                                {"name", "namespace", "uid", "creationTimestamp",
                                 "deletionTimestamp", "deletionGracePeriodSeconds"},
                                "metadata."));
  return causes;
}

}  // namespace sluice::local
