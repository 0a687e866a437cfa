#pragma once

// Pods and pod templates: the defaults of k8s.io/kubernetes/pkg/apis/core/v1 and the part of its
// validation that people meet. Pure.

#include "base/json.h"
#include "local/store/registry_causes.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::local {

/// Defaults of a pod's or a template's spec.
void apply_pod_spec_defaults(Json& spec);
/// Defaults that only pods get: what admission and the scheduler's defaults add.
void apply_pod_defaults(Json& pod);
/// A new pod is Pending, with its quality of service.
void prepare_new_pod(Json& pod);

/// `field` is where the spec is: "spec" or "spec.template.spec".
ApiCauses validate_pod_spec(const Json& spec, const std::string& field);
ApiCauses validate_pod(const Json& pod);
/// Only images, deadlines and additional tolerations may change, and nodeName once: there is no
/// binding subresource here, so whoever schedules sets it.
ApiCauses validate_pod_update(const Json& pod, const Json& old);

/// How long a DELETE lets the pod finish: `asked` or the pod's own period; 0 for pods that were
/// never scheduled or have ended.
int64_t grace_period_of(const Json& pod, const std::optional<int64_t>& asked);

}  // namespace sluice::local
