#pragma once

// What every document passes on its way in, whatever the verb: the right kind, only known fields,
// defaults, validation. Pure.

#include "local/store/registry.h"
#include "local/store/registry_causes.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

/// Where a document comes from: the real server words its refusals differently.
enum class DocumentSource { Body, Patch };

/// Brings the document into the type's shape: unknown fields are dropped, defaults filled in.
/// Returns the warnings; with FieldValidation::Strict unknown and duplicate fields are errors.
ApiResult<std::vector<std::string>> fit_document(Json& document, const ResourceType& type,
                                                 const std::vector<std::string>& duplicates,
                                                 FieldValidation validation, DocumentSource source);

/// Everything that is wrong with a new object, as one 422.
ApiResult<void> validate_new(const Json& document, const ResourceType& type);
/// The same for a change; both are whole documents.
ApiResult<void> validate_change(const Json& document, const Json& old, const ResourceType& type);

}  // namespace sluice::local
