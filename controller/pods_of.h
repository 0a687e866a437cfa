#pragma once

// The pods of one ReplicaSet, read when somebody needs them: no pods are watched (pod_looks.h says
// why).

#include "kube/object_store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::controller {

struct PodOwner {
  std::string name;  ///< Of the ReplicaSet.
  std::string uid;
  std::string hash;  ///< That its pods bear as a label.
};

struct PodPage {
  std::vector<kube::Object> pods;
  std::string next;  ///< The token of the page that follows; "" where this one is the last.
};

/// One page, of at most `limit` pods that bear the hash; those that another owner has are left out.
/// `store` must outlive the call.
kube::Awaitable<Result<PodPage>> read_pods(kube::ObjectStore& store, std::string namespace_,
                                           PodOwner owner, int64_t limit, std::string token = "");

}  // namespace sluice::controller
