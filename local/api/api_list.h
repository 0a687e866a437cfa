#pragma once

// Bodies of lists, put together from the objects' texts without parsing them.

#include "local/store/registry.h"

#include <string>
#include <string_view>

namespace sluice::local {

/// The list's metadata: version, and for a page the continue token and how many follow.
Json list_metadata(const ResourceType& type, const ListPage& page);

/// An object as an item of a list: of a built-in type without apiVersion and kind, as the real
/// server has it.
std::string list_item(const ResourceType& type, const StoredObject& object);

/// The list as JSON text around its items, between which there are commas.
std::string list_body(std::string_view api_version, std::string_view kind, std::string_view items,
                      const Json& metadata);

/// A compact JSON object without its members apiVersion and kind.
std::string without_type_meta(std::string_view object);

}  // namespace sluice::local
