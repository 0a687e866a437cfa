#pragma once

// WriteContests: what a Rollout writes and somebody else undoes, again and again. Each of two
// writers who disagree about an object would write as fast as the API server lets it, for ever. So
// the same content for the same object waits longer and longer, and the Rollout says who undoes it.
// Only memory: after a restart a contest is noticed anew.

#include "base/object_meta.h"
#include "base/time.h"
#include "engine/plan.h"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace sluice::controller {

/// So many writes of the same content go at once; from then on each waits.
inline constexpr int kUncontestedWrites = 4;
inline constexpr Duration kContestedWaitFirst = std::chrono::milliseconds(100);
inline constexpr Duration kContestedWaitMax = std::chrono::seconds(10);
/// What takes traffic away from a revision waits no longer than this.
inline constexpr Duration kContestedRetreatMax = std::chrono::milliseconds(500);
/// Without a write for so long a contest is over.
inline constexpr Duration kContestQuiet = std::chrono::seconds(30);

/// Who wrote the object that an action is about last, other than this process, in words; "" where
/// nobody knows.
using LastWriter = std::function<std::string(const engine::Action&)>;

class WriteContests {
 public:
  /// What of a plan has to wait.
  struct Held {
    bool routes = false;
    bool other = false;

    bool any() const { return routes || other; }
  };

  /// Takes the writes that have to wait out of the plan and says so in its waits (to be put in
  /// order by the caller), its conditions and the time to look again.
  Held restrain(const ObjectKey& rollout, engine::Plan& plan, SteadyTime now, SystemTime date,
                const LastWriter& last_writer);

  /// That the actions of a plan were written; those that failed are left out by the caller.
  void wrote(const ObjectKey& rollout, const std::vector<engine::Action>& actions, SteadyTime now);

  void forget(const ObjectKey& rollout) { contests_.erase(rollout); }

 private:
  struct Contest {
    std::string content;
    crds::ObjectName object;  ///< Without a kind: the routers' objects.
    int writes = 0;
    SteadyTime last{};
    std::string writer;
  };

  using Contests = std::map<std::string, Contest>;  ///< By what is written.

  static Duration wait_of(const Contest& contest, bool retreat, SteadyTime now);
  static bool is_contested(const Contest& contest, SteadyTime now);
  static void show(const Contests& contests, engine::Plan& plan, SteadyTime now, SystemTime date);

  std::map<ObjectKey, Contests> contests_;
};

}  // namespace sluice::controller
