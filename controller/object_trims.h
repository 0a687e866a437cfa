#pragma once

// What the caches keep of the objects that most clusters have most of. It decides how much memory a
// Rollout takes: of an old ReplicaSet its name, hash, sizes, status and annotations are a tenth of
// the whole. Nobody keeps managedFields but for who wrote last, nor kubectl's copy of what was
// applied.

#include "kube/object.h"

#include <string>
#include <string_view>

namespace sluice::controller {

/// Where a trimmed ReplicaSet has the digest of its pod template (engine::template_digest), in the
/// place of most of the template.
inline constexpr std::string_view kTemplateDigest = "templateDigest";

/// That of a trimmed ReplicaSet; "" where it has none.
std::string template_digest_of(const Json& replica_set);

/// Of any kind: metadata only is trimmed.
void trim_object(Json& document);
void trim_rollout(Json& document);
/// Of the template there stays what an overlay may change: metadata and spec.affinity.
void trim_replica_set(Json& document);
/// Of the spec there stays the selector.
void trim_service(Json& document);

}  // namespace sluice::controller
