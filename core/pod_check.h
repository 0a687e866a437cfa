#pragma once

// What an API server asks of pods and pod templates, from the shapes and beyond: the part of
// Kubernetes' validation that people meet. Nothing here needs a cluster.

#include "base/json.h"
#include "core/fault.h"

#include <string>

namespace sluice::core {

/// Whose template it is: pods of a ReplicaSet run for ever, those of a Job end.
enum class TemplateOwner { ReplicaSet, Job };

/// `field` is where the spec is: "spec" or "spec.template.spec".
Faults check_pod_spec(const Json& spec, const std::string& field);

/// The template with its labels, as in an object of the owner.
Faults check_pod_template(const Json& pod_template, const std::string& field, TemplateOwner owner);

/// A LabelSelector: {matchLabels, matchExpressions}.
Faults check_label_selector(const Json& selector, const std::string& field);

/// A ReplicaSet's selector, and that it matches the labels of its template at `template_field`.
Faults check_template_selector(const Json& selector, const std::string& field,
                               const Json& pod_template, const std::string& template_field);

/// Keys and values of labels.
Faults check_labels(const Json& labels, const std::string& field);

}  // namespace sluice::core
