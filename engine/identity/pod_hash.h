#pragma once

// The label that ties pods to a revision: FNV-1a over the pod template's JSON, in Kubernetes' safe
// alphabet. It equals the label that Argo Rollouts makes of the same template.

#include "base/json.h"
#include "crds/rollout.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::engine {

/// How the hash's text was written over time. Up to Argo 1.8 metadata held
/// `"creationTimestamp":null`; ReplicaSets from then bear labels that were made so.
enum class HashForm { Current, WithCreationTimestamp };

/// What the hash labels of a pod template are made of: one reading of it serves for all collision
/// counts and both forms.
struct TemplateSums {
  uint32_t current = 0;
  uint32_t with_creation_timestamp = 0;

  bool operator==(const TemplateSums&) const = default;
};

/// Nothing where the template is no JSON object.
std::optional<TemplateSums> template_sums(const JsonText& pod_template);

std::string hash_label(const TemplateSums& sums, std::optional<int32_t> collision_count,
                       HashForm form = HashForm::Current);

/// The hash label of a pod template; nothing where the template is no JSON object.
std::optional<std::string> pod_template_hash(const JsonText& pod_template,
                                             std::optional<int32_t> collision_count,
                                             HashForm form = HashForm::Current);

/// The hash of the canary steps (status.currentStepHash); "" for other strategies.
std::string steps_hash(const crds::RolloutSpec& spec);

/// FNV-1a, 32 bit (http://www.isthe.com/chongo/tech/comp/fnv), continued from `state`.
inline constexpr uint32_t kFnvOffset = 2166136261U;
uint32_t fnv1a(std::string_view bytes, uint32_t state = kFnvOffset);

/// The decimal digits of the sum in an alphabet without vowels, so that no word can come out.
std::string safe_encode(uint32_t sum);

}  // namespace sluice::engine
