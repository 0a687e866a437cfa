#pragma once

// What the controllers of ReplicaSets, Jobs and endpoints want to know of a pod, decoded once for
// each state of it.

#include "base/json.h"
#include "base/time.h"
#include "kube/watch_cache.h"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::local {

struct PodFacts {
  std::string phase;
  std::string node;
  std::string ip;
  bool ready = false;
  SystemTime ready_since{};  ///< Where ready.
  int restarts = 0;          ///< The highest of its containers.
  SystemTime finished_at{};  ///< When the last of its containers ended; for finished pods.
  int64_t deletion_cost = 0;
  /// Container ports by protocol and name, "TCP/http" → 8080.
  std::map<std::string, int, std::less<>> named_ports;

  bool finished() const { return phase == "Succeeded" || phase == "Failed"; }
};

PodFacts decode_pod_facts(const Json& pod);

/// Remembers the facts of the pods of a cache, which must outlive it.
class PodFactsMemo {
 public:
  explicit PodFactsMemo(kube::WatchCache& pods);

  /// Valid until the pod's next state is asked for.
  const PodFacts& of(const kube::ObjectPtr& pod);

 private:
  struct Entry {
    std::string resource_version;
    PodFacts facts;
  };

  std::unordered_map<std::string, Entry> by_uid_;
};

}  // namespace sluice::local
