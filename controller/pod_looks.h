#pragma once

// PodLooks: looks at pods, and only where somebody waits for them. A watch of all pods of a cluster
// would cost more than all that Sluice does beside it; so the few pods of a ReplicaSet that is
// waited for are listed, two seconds after the wait began and then ever more seldom. Looks run
// beside the plans, never before a routing write, and nothing is decided from what they see: it
// explains. Only memory: after a restart pods are looked at anew.

#include "base/clock.h"
#include "controller/pods_of.h"
#include "engine/snapshot.h"
#include "kube/object_store.h"
#include "net/task_group.h"

#include <functional>
#include <map>
#include <string>

namespace sluice::controller {

class PodLooks {
 public:
  /// What comes within this time is not looked at.
  static constexpr Duration kFirstLook = std::chrono::seconds(2);
  static constexpr Duration kShortestInterval = std::chrono::seconds(2);
  static constexpr Duration kLongestInterval = std::chrono::seconds(30);
  /// Where pods may not be listed, it is tried again this often.
  static constexpr Duration kForbiddenInterval = std::chrono::minutes(10);
  static constexpr int64_t kPodsLookedAt = 20;
  static constexpr int kLooksAtOnce = 4;

  using Troubles = std::map<std::string, engine::PodTrouble, std::less<>>;
  using Changed = std::function<void(const ObjectKey& rollout)>;

  /// Both must outlive the looks. `changed` hears of a Rollout whose pods are seen in another
  /// state.
  PodLooks(kube::ObjectStore& store, Clock& clock, Changed changed)
      : store_(store), clock_(clock), changed_(std::move(changed)) {}

  /// What was seen last, by the name of the ReplicaSet.
  const Troubles& seen(const ObjectKey& rollout) const;

  /// Takes up what the plan of the snapshot waits for: a look that is due is started in `tasks`.
  /// How soon to ask again; nothing where no pods are waited for.
  std::optional<Duration> follow(const ObjectKey& rollout, const engine::Snapshot& snapshot,
                                 const std::vector<crds::Wait>& waits, net::TaskGroup& tasks);

  void forget(const ObjectKey& rollout) { entries_.erase(rollout); }

 private:
  struct Entry {
    SteadyTime due{};
    Duration interval = kShortestInterval;
    bool looking = false;
    Troubles troubles;
  };

  net::asio::awaitable<void> look(ObjectKey rollout, std::vector<PodOwner> targets);
  kube::Awaitable<Result<Troubles>> read(std::string namespace_, std::vector<PodOwner> targets);
  void take_up(const ObjectKey& rollout, Result<Troubles> found);

  kube::ObjectStore& store_;
  Clock& clock_;
  Changed changed_;
  std::map<ObjectKey, Entry> entries_;
  int looking_ = 0;
};

}  // namespace sluice::controller
