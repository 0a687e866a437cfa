#pragma once

// A freeze: somebody wants no update to go on, of one namespace or of all. It is a ConfigMap of a
// fixed name, in that namespace or, for all, in kube-system, so that kubectl and GitOps can set and
// lift one, Rollouts that are made later are held too, and no Rollout is written to. It is there,
// or it is not: one that cannot be understood freezes all the same, and says so.
//
//   data:
//     reason: the week of the sale          # required
//     by: ann                               # else unknown
//     since: "2026-11-27T18:00:00Z"         # else when the ConfigMap was made; never later
//     also: "by bob: incident 4711"         # who else wants it, and why; may be left out

#include "base/json.h"
#include "base/object_meta.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::crds {

inline constexpr std::string_view kFreezeName = "sluice-freeze";
/// A freeze in this namespace holds all.
inline constexpr std::string_view kFreezeAllNamespace = "kube-system";
/// Longer texts of a freeze are cut: they stand in the status of each Rollout.
inline constexpr size_t kFreezeTextMax = 256;  // bytes

struct Freeze {
  std::string namespace_;  ///< Of the ConfigMap.
  std::string by;          ///< "" where it is not said.
  std::string reason;
  SystemTime since{};  ///< The epoch in one that is to be written: the server's clock says it.
  std::string also{};  ///< "by bob: incident 4711; by eve: the audit"
  /// What could not be understood; "" where all could.
  std::string problem;

  /// It holds the Rollouts of all namespaces.
  bool is_everywhere() const { return namespace_ == kFreezeAllNamespace; }

  /// "frozen by ann since 2026-11-27T18:00:00Z (namespace shop): the week of the sale"
  std::string to_string() const;

  bool operator==(const Freeze&) const = default;
};

/// What `also` is once somebody wants the same freeze; nothing where it says so already.
std::optional<std::string> joined_freeze(const Freeze& freeze, const std::string& by,
                                         const std::string& reason);

/// Reads the ConfigMap. Never fails: whatever has the name freezes.
Freeze decode_freeze(const ObjectMeta& meta, const Json& document);

/// The ConfigMap.
Json encode_freeze(const Freeze& freeze);

}  // namespace sluice::crds
