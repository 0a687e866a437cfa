#pragma once

// A Lease says who leads, as coordination.k8s.io/v1 keeps it and Kubernetes' own components write
// it. The times in it are the holder's wall clock: they are shown to people and never compared,
// since clocks differ. Whether a Lease is alive only shows in that it changes (kube/election.h).

#include "base/json.h"
#include "kube/object.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::kube {

struct Lease {
  std::string holder;   ///< Empty: nobody, it was let go.
  Duration duration{};  ///< So long after its last change it counts. Stored in whole seconds.
  std::optional<SystemTime> acquired_at;
  std::optional<SystemTime> renewed_at;
  int64_t transitions = 0;  ///< How often it has gone from one holder to another.
  std::string remark;       ///< What its holder says to people of its work; ours alone.
  std::string resource_version;

  bool operator==(const Lease&) const = default;
};

/// The annotation that keeps the remark.
inline constexpr std::string_view kRemarkAnnotation = "sluice.dev/standing";

/// What all Leases of Sluice's controllers are labelled with.
inline constexpr std::string_view kLeaseLabel = "app.kubernetes.io/name";
inline constexpr std::string_view kLeaseLabelValue = "sluice";

const Resource& lease_resource();

/// What cannot be read counts as not said: a Lease is anybody's to write.
Lease decode_lease(const Object& object);
/// The object as it is created, labelled as Sluice's.
Json encode_new_lease(const ObjectKey& key, const Lease& lease);
/// The merge patch that makes spec and remark those of `lease`.
Json encode_lease_patch(const Lease& lease);

}  // namespace sluice::kube
