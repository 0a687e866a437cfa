#pragma once

// Discovery: how clients learn which groups, versions and resources there are, one document a group
// version. Newer kubectls, which would take all at once, ask for these where they do not get it.

#include "local/store/resource_type.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

using ResourceTypes = std::vector<ResourceTypePtr>;

/// /api: the versions of the core group. `address` is where the client reached the server.
std::string core_versions(std::string_view address);
/// /apis: all other groups.
std::string group_list(const ResourceTypes& types);
/// /apis/GROUP; nothing where nobody serves it.
std::optional<std::string> group_document(const ResourceTypes& types, std::string_view group);
/// /api/v1 or /apis/GROUP/VERSION; nothing where nobody serves it.
std::optional<std::string> resource_list(const ResourceTypes& types, std::string_view group,
                                         std::string_view version);

}  // namespace sluice::local
