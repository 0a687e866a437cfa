#pragma once

// Labels and annotations of a router's object, as a JSON patch changes them. Pure.

#include "base/json.h"

#include <optional>
#include <string>

namespace sluice::traffic {

/// What an entry of metadata.labels or metadata.annotations (`map`) says; absent where there is
/// none.
std::optional<std::string> metadata_entry(const Json& object, const char* map,
                                          const std::string& key);

/// Appends to the patch what sets the entry, or removes it. It fails on an object whose entry, or
/// whose first entries, somebody has written meanwhile.
void set_metadata_entry(const Json& object, const char* map, const std::string& key,
                        const std::optional<std::string>& value, Json& patch);

}  // namespace sluice::traffic
