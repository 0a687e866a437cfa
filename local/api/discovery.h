#pragma once

// Discovery: how clients learn which groups, versions and resources there are, one document a group
// version as always, or all at once (apidiscovery.k8s.io) as newer kubectl asks.

#include "local/api/api_negotiation.h"
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
/// The aggregated form of /api (`core`) or /apis. `form` is not Plain.
std::string aggregated_discovery(const ResourceTypes& types, bool core, DiscoveryForm form);
/// The content type that goes with it.
std::string_view content_type_of(DiscoveryForm form);

}  // namespace sluice::local
