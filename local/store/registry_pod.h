#pragma once

// Pods: what only they get when they are written; the rest is in core/. Pure.

#include "base/json.h"
#include "local/store/registry_causes.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::local {

/// The defaults of their spec, and what admission and the scheduler's defaults add.
void apply_pod_defaults(Json& pod);
void apply_template_defaults(Json& pod_template);
/// A new pod is Pending, with its quality of service.
void prepare_new_pod(Json& pod);

ApiCauses validate_pod(const Json& pod);
/// Only images, deadlines and additional tolerations may change, and nodeName once: there is no
/// binding subresource here, so whoever schedules sets it.
ApiCauses validate_pod_update(const Json& pod, const Json& old);

/// How long a DELETE lets the pod finish: `asked` or the pod's own period; 0 for pods that were
/// never scheduled or have ended.
int64_t grace_period_of(const Json& pod, const std::optional<int64_t>& asked);

}  // namespace sluice::local
