#pragma once

// Fleet: the objects of a large cluster at rest, as its API server tells them: N Rollouts, each
// with its own pod template, old revisions, two Services and a route. Every object is made from its
// numbers whenever it is asked for, so that a fleet of any size takes no room where it is served.

#include <string>
#include <string_view>
#include <vector>

namespace sluice::bench {

struct FleetSize {
  int rollouts = 1000;
  int revisions = 11;         ///< ReplicaSets of each Rollout; the last one has the pods.
  int template_bytes = 4096;  ///< Of each pod template, about.
};

class Fleet {
 public:
  explicit Fleet(FleetSize size);

  const FleetSize& size() const { return size_; }

  /// How many objects of the plural there are; 0 for kinds that the fleet has none of.
  int count(std::string_view plural) const;
  /// The object with that number, from 0, as JSON.
  std::string object(std::string_view plural, int number) const;

  static std::string rollout_name(int rollout);
  static std::string namespace_of(int rollout);

 private:
  /// With `server`, as a ReplicaSet has it: with the hash label, and what an API server fills in.
  std::string pod_template(int rollout, int revision, bool server) const;
  /// The label of the revision's pods.
  std::string hash(int rollout, int revision) const;
  std::string rollout(int number) const;
  std::string replica_set(int number) const;
  std::string service(int number) const;
  std::string route(int number) const;

  FleetSize size_;
  std::vector<std::string> hashes_;  ///< Of the current revisions.
};

}  // namespace sluice::bench
