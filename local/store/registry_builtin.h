#pragma once

// What the real server knows about its own types beyond their shape: defaults, first status,
// required and immutable fields. One row of a table a kind. Pure.

#include "base/json.h"
#include "local/store/registry_causes.h"
#include "local/store/resource_type.h"

namespace sluice::local {

/// The rules of one built-in kind; null where there is nothing to do.
struct BuiltinRules {
  /// What a new object starts with (status, finalizers); after the defaults.
  void (*prepare_new)(Json& document) = nullptr;
  /// Defaults, on every write.
  void (*apply_defaults)(Json& document) = nullptr;
  /// Takes over what an update may leave out.
  void (*inherit)(Json& document, const Json& old) = nullptr;
  ApiCauses (*validate)(const Json& document) = nullptr;
  /// What only a new object must not have, besides.
  ApiCauses (*validate_new)(const Json& document) = nullptr;
  ApiCauses (*validate_update)(const Json& document, const Json& old) = nullptr;
  /// On update the real server validates the whole object twice, which its causes show.
  bool validates_twice = false;
  /// Values of fields that field selectors name otherwise than by their path.
  void (*add_fields)(const Json& document, StringMap& fields) = nullptr;
};

/// The rules of a built-in type; empty ones where it has none.
const BuiltinRules& builtin_rules(const ResourceType& type);

}  // namespace sluice::local
