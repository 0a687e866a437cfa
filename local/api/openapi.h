#pragma once

// OpenAPI v3 of the served types, generated from their schemas: enough for `kubectl explain`, for
// kubectl's choice of server-side field validation, and for people. Patch operations list no
// request bodies, so that kubectl keeps to its compiled-in merge keys for built-in kinds.

#include "local/api/discovery.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::local {

/// The content type of the empty /openapi/v2 answer, which satisfies kubectl 1.20 to 1.32.
inline constexpr std::string_view kOpenApiV2ContentType =
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// /openapi/v3: where each group version's document is. `revision` changes with the types.
std::string openapi_index(const ResourceTypes& types, uint64_t revision);

/// The document of one group version; nothing where nobody serves it.
std::optional<std::string> openapi_document(const ResourceTypes& types, std::string_view group,
                                            std::string_view version);

}  // namespace sluice::local
