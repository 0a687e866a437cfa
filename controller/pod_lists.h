#pragma once

// PodLists: the pods that a plan has to touch, by name. No pods are watched (pod_looks.h says why);
// those that a plan asks for are listed, beside the plans, and anew once they were written to, once
// their ReplicaSet counts others, as long as it counts otherwise, and every half a minute. What is
// known is at most that old, and never older than the last write. Where an eviction was refused the
// pods of that ReplicaSet wait together, a second at first and then longer, as no budget is watched
// either; pods that come or go end the wait. Only memory: after a restart they are listed anew.

#include "base/clock.h"
#include "controller/pods_of.h"
#include "engine/plan.h"
#include "kube/object_store.h"
#include "net/task_group.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace sluice::controller {

class PodLists {
 public:
  static constexpr Duration kShortestInterval = std::chrono::seconds(1);
  static constexpr Duration kFailedInterval = std::chrono::seconds(5);
  static constexpr Duration kLongestInterval = std::chrono::seconds(30);
  /// After a refused eviction the next one is asked for after this long; each further refusal
  /// doubles it up to the longest.
  static constexpr Duration kFirstRefusedInterval = std::chrono::seconds(1);
  static constexpr Duration kLongestRefusedInterval = std::chrono::seconds(5);
  static constexpr int64_t kPageSize = 500;

  using Pods = std::map<std::string, std::vector<engine::Pod>, std::less<>>;
  using Changed = std::function<void(const ObjectKey& rollout)>;

  /// Both must outlive the lists. `changed` hears of a Rollout whose pods are known anew.
  PodLists(kube::ObjectStore& store, Clock& clock, Changed changed)
      : store_(store), clock_(clock), changed_(std::move(changed)) {}

  /// By the name of the ReplicaSet; nothing where they have to be listed first.
  Pods known(const ObjectKey& rollout) const;

  /// Takes up what the plan of the snapshot asks for: a list that is due is begun in `tasks`. How
  /// soon to ask again; nothing where no pods are asked for.
  std::optional<Duration> follow(const ObjectKey& rollout, const engine::Snapshot& snapshot,
                                 const std::set<std::string>& pods_of, net::TaskGroup& tasks);

  /// Pods were written to, or were to be.
  void wrote(const ObjectKey& rollout);

  /// The API server does not evict that pod for now.
  void refused(const ObjectKey& rollout, const std::string& uid, const std::string& message);

  void forget(const ObjectKey& rollout) { entries_.erase(rollout); }

 private:
  struct Target {
    PodOwner owner;
    int32_t min_ready_seconds = 0;
  };

  /// Of a ReplicaSet a pod of which was refused.
  struct Hold {
    Duration interval = kFirstRefusedInterval;
    SteadyTime until{};
  };

  struct Entry {
    std::optional<SteadyTime> listed;
    uint64_t writes = 0;  ///< What is listed before a write counts for nothing after it.
    bool current = false;
    bool listing = false;
    bool failed = false;
    std::string counts;      ///< Of the ReplicaSets, when the list was begun.
    std::string counts_now;  ///< The same when they were last asked for.
    Pods pods;
    std::map<std::string, std::string> refusals;     ///< The sentence, by the pod's uid.
    std::map<std::string, Hold, std::less<>> holds;  ///< By the name of the ReplicaSet.

    void forget_refusals();
  };

  /// How soon pods may be asked for that a refusal holds back by now; nothing where none is.
  std::optional<Duration> next_ask(const Entry& entry) const;

  net::asio::awaitable<void> look(ObjectKey rollout, std::vector<Target> targets, uint64_t writes);
  kube::Awaitable<Result<Pods>> read(std::string namespace_, std::vector<Target> targets);
  kube::Awaitable<Result<std::vector<engine::Pod>>> read_set(std::string namespace_, Target target);
  void take_up(const ObjectKey& rollout, Result<Pods> found, uint64_t writes);

  kube::ObjectStore& store_;
  Clock& clock_;
  Changed changed_;
  std::map<ObjectKey, Entry> entries_;
};

}  // namespace sluice::controller
