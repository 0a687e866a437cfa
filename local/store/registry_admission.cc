#include "local/store/registry_admission.h"

#include "core/conform.h"
#include "crds/schema.h"
#include "local/store/registry_builtin.h"
#include "local/store/registry_decode.h"
#include "local/store/registry_metadata.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

std::vector<std::string> strict_problems(const std::vector<std::string>& duplicates,
                                         const std::vector<std::string>& unknown) {
  std::vector<std::string> problems;
  problems.reserve(duplicates.size() + unknown.size());
  for (const std::string& path : duplicates)
    problems.push_back(fmt::format("duplicate field {}", go_quote(path)));
  for (const std::string& path : unknown)
    problems.push_back(fmt::format("unknown field {}", go_quote(path)));
  return problems;
}

ApiError strict_error(const Json& document, const ResourceType& type,
                      const std::vector<std::string>& problems, DocumentSource source) {
  std::string text;
  for (const std::string& problem : problems) text += (text.empty() ? "" : ", ") + problem;
  text = "strict decoding error: " + text;
  switch (source) {
    case DocumentSource::Body:
      return cannot_be_handled(type, text);
    case DocumentSource::Patch:
      break;
  }
  return object_invalid("", "", "", {invalid_value("patch", go_quote(dump_json(document)), text)});
}

/// What Go's decoder would refuse, or the unknown fields.
ApiResult<std::vector<std::string>> conform_document(Json& document, const ResourceType& type) {
  std::vector<std::string> unknown;
  std::optional<std::string> error;
  if (type.schema) {
    type.schema->apply_defaults(document);
    unknown = type.schema->prune(document);
    std::vector<std::string> known_already;
    Json& metadata = document["metadata"];
    if (metadata.is_null()) metadata = Json::object();
    error = core::conform(metadata, core::find_shape("ObjectMeta"), "metadata", known_already);
  } else {
    error = core::conform(document, core::find_shape(type.kind), "", unknown);
    if (!document.contains("metadata")) document["metadata"] = Json::object();
  }
  if (error) return fail(cannot_be_handled(type, *error));
  return unknown;
}

ApiCauses schema_causes(const Json& document, const ResourceType& type) {
  ApiCauses causes;
  if (!type.schema) return causes;
  for (const crds::FieldError& error : type.schema->validate(document))
    causes.push_back({std::string(crds::to_string(error.type)), error.body(), error.field});
  return causes;
}

ApiCauses object_causes(const Json& document, const ResourceType& type) {
  ApiCauses causes = schema_causes(document, type);
  if (const auto validate = builtin_rules(type).validate) append(causes, validate(document));
  return causes;
}

ApiResult<ObjectMeta> decode_meta(const Json& document, const ResourceType& type) {
  auto meta = decode_object_meta(document["metadata"]);
  if (!meta) return fail(cannot_be_handled(type, meta.error().message));
  return std::move(*meta);
}

}  // namespace

ApiResult<std::vector<std::string>> fit_document(Json& document, const ResourceType& type,
                                                 const std::vector<std::string>& duplicates,
                                                 FieldValidation validation,
                                                 DocumentSource source) {
  if (auto checked = check_kind(document, type); !checked) return fail(checked.error());
  const auto unknown = conform_document(document, type);
  if (!unknown) return fail(unknown.error());
  if (const auto apply_defaults = builtin_rules(type).apply_defaults) apply_defaults(document);
  if (validation == FieldValidation::Ignore) return std::vector<std::string>{};
  std::vector<std::string> problems = strict_problems(duplicates, *unknown);
  if (validation == FieldValidation::Strict && !problems.empty())
    return fail(strict_error(document, type, problems, source));
  return problems;
}

ApiResult<void> validate_new(const Json& document, const ResourceType& type) {
  const auto meta = decode_meta(document, type);
  if (!meta) return fail(meta.error());
  ApiCauses causes = validate_metadata(*meta, type);
  append(causes, object_causes(document, type));
  if (const auto validate = builtin_rules(type).validate_new) append(causes, validate(document));
  if (causes.empty()) return {};
  return fail(object_invalid(type.group, type.kind, meta->name, std::move(causes)));
}

ApiResult<void> validate_change(const Json& document, const Json& old, const ResourceType& type) {
  const auto meta = decode_meta(document, type);
  if (!meta) return fail(meta.error());
  const BuiltinRules& rules = builtin_rules(type);
  ApiCauses of_metadata = validate_metadata_update(document["metadata"], old["metadata"]);
  append(of_metadata, validate_metadata(*meta, type));
  // The real server validates metadata once for all types and once more for each: its causes hold
  // everything twice, its message once.
  ApiCauses causes = of_metadata;
  append(causes, std::move(of_metadata));
  const ApiCauses of_object = object_causes(document, type);
  append(causes, of_object);
  if (rules.validates_twice) append(causes, of_object);
  if (rules.validate_update) append(causes, rules.validate_update(document, old));
  if (causes.empty()) return {};
  return fail(
      object_invalid(type.group, type.kind, string_at(old, "metadata.name"), std::move(causes)));
}

}  // namespace sluice::local
