#pragma once

// The rules of metadata that all types share: what a new object gets, what may change, and what is
// refused. Pure.

#include "base/json.h"
#include "base/object_meta.h"
#include "base/time.h"
#include "local/store/registry_causes.h"
#include "local/store/resource_type.h"

#include <string>

namespace sluice::local {

/// What the registry gives to a new object.
struct NewIdentity {
  std::string uid;
  std::string name_suffix;  ///< Appended to generateName where there is no name.
  SystemTime now{};
};

/// Overwrites what clients may not choose (uid, times, generation) and makes the name.
void prepare_new_metadata(Json& metadata, const ResourceType& type, const std::string& namespace_,
                          const NewIdentity& identity);

/// Takes over from `old` what the new state may leave out (uid, creationTimestamp, …) and what only
/// the registry writes (generation, selfLink, managedFields).
void inherit_metadata(Json& metadata, const Json& old);

/// What is wrong with the metadata of any object: names, labels, finalizers, owners.
ApiCauses validate_metadata(const ObjectMeta& meta, const ResourceType& type);
/// What is wrong with the change of metadata. Both are whole `metadata` values.
ApiCauses validate_metadata_update(const Json& metadata, const Json& old);

/// What is wrong with a set of labels at `field`.
ApiCauses validate_labels(const StringMap& labels, const std::string& field);

}  // namespace sluice::local
