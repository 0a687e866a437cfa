#pragma once

// Between documents and stored objects.

#include "local/store/resource_type.h"
#include "local/store/stored_object.h"

namespace sluice::local {

/// Encodes the document, with its metadata and selectable fields read out. Errors where the
/// metadata is unusable.
Result<ObjectPtr> make_stored(const Json& document, const ResourceType& type);

/// The object as the type's version shows it: another apiVersion, the same fields.
ObjectPtr in_version(const ObjectPtr& object, const ResourceType& type);

/// The whole document of a stored object; stored text always parses.
Json document_of(const StoredObject& object);

}  // namespace sluice::local
