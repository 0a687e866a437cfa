#pragma once

// Bodies of lists, put together from the objects' texts without parsing them.

#include "local/store/registry.h"

#include <string>
#include <string_view>

namespace sluice::local {

/// The list's metadata: version, and for a page the continue token and how many follow.
Json list_metadata(const ResourceType& type, const ListPage& page);

/// The list as JSON text. Objects of built-in types come without apiVersion and kind, as the real
/// server has it.
std::string list_body(const ResourceType& type, const ListPage& page);

/// A compact JSON object without its members apiVersion and kind.
std::string without_type_meta(std::string_view object);

}  // namespace sluice::local
