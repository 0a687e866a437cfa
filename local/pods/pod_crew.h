#pragma once

// PodCrew: the pods that the objects of one kind own, made and removed by their controller. It
// decides on what the watch cache holds, into which its own writes go at once, and remembers the
// deletes that were accepted until the cache shows them: so nobody creates or deletes too many.

#include "kube/event_recorder.h"
#include "kube/watch_cache.h"
#include "local/pods/pod_facts.h"

#include <boost/asio/awaitable.hpp>

#include <set>
#include <string>
#include <vector>

namespace sluice::local {

namespace asio = boost::asio;

/// A pod that an object owns.
struct OwnedPod {
  ObjectMeta meta;
  PodFacts facts;
  bool deleting = false;  ///< Marked for deletion, or a delete of ours was accepted.
};

class PodCrew {
 public:
  /// Everything must outlive the crew; the cache is run by its owner.
  PodCrew(kube::ObjectStore& store, kube::WatchCache& pods, PodFactsMemo& facts,
          kube::EventRecorder& events);

  /// Takes in what the cache of pods tells: call it for every change.
  void note(const kube::WatchCache::Change& change);

  std::vector<OwnedPod> owned_by(const std::string& uid);

  /// Creates `count` pods from the owner's template; the message of the first refusal, or "".
  asio::awaitable<std::string> create(kube::ObjectPtr owner, int count);
  asio::awaitable<Result<void>> remove(kube::ObjectPtr owner, std::vector<ObjectMeta> pods);

 private:
  kube::ObjectStore& store_;
  kube::WatchCache& pods_;
  PodFactsMemo& facts_;
  kube::EventRecorder& events_;
  std::set<std::string> removed_;  ///< UIDs of pods whose delete was accepted and is not seen yet.
};

/// The controlling owner that `owner`, as stored, is to its pods.
OwnerReference controlling_owner(const Json& owner);

/// The body of a pod made from spec.template of `owner`, the whole object.
std::string make_pod_body(const Json& owner);

}  // namespace sluice::local
