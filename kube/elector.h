#pragma once

// Elector: takes part in an election with the API server's Lease, and says to a Leadership what
// came of it. All deciding is kube/election.h's; here are the watch, the writes and the timers.
//
// The Lease is watched, not polled: a process that stands by makes no request but the watch, and
// takes the Lease in the moment in which its holder lets it go. The holder writes it every retry
// period. A `rival` is the Lease of another engine for the same objects: while it is alive nobody
// leads here, and the remark on the own Lease says why.

#include "kube/election.h"
#include "kube/leadership.h"
#include "kube/object_store.h"
#include "kube/watch_cache.h"
#include "net/task_group.h"

#include <optional>
#include <string>

namespace sluice::kube {

struct ElectorOptions {
  ObjectKey lease;
  ElectionOptions election;
  std::optional<ObjectKey> rival;
};

/// "HOST_a1b2…": told apart from every other process, also of the same pod.
std::string make_identity();

class Elector {
 public:
  /// All of them must outlive it. No request of `store` may take much longer than half of the
  /// renewal deadline.
  Elector(ObjectStore& store, Clock& clock, const asio::any_io_executor& executor,
          ElectorOptions options, Leadership& leadership);
  ~Elector();

  void start();
  /// Leads no more, lets the Lease go and waits for that. Whoever writes must have ended before.
  Awaitable<void> stop();

 private:
  Awaitable<void> run();
  Awaitable<void> write(Election::Write due);
  /// Tells the Leadership where we stand.
  void settle();
  StandingReport report(Pulse::State rival) const;
  std::string remark() const;
  /// Returns at that time, or when something was seen.
  Awaitable<void> wait_until(SteadyTime next);

  ObjectStore& store_;
  Clock& clock_;
  ElectorOptions options_;
  Leadership& leadership_;
  Election election_;
  WatchCache own_;
  std::optional<WatchCache> foreign_;
  Pulse pulse_;
  std::string trouble_;  ///< Of the last write.
  net::Notifier seen_;
  Clock::TimerId alarm_ = 0;
  net::TaskGroup tasks_;
};

}  // namespace sluice::kube
