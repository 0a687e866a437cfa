#pragma once

// SecondController: a controller beside this one that manages the same Rollouts, be it another
// engine or another Sluice. Each would take the other's status for the state of things, and write
// its own as fast as the API server lets it. It is noticed by what only a controller writes: fields
// of the status that have changed without a write of ours. Then the Rollout says so, and our writes
// of its status wait longer and longer. What another Sluice says of that is left as it stands, or
// the two would quarrel about it. Routes, Services and sizes are WriteContests' matter. Only
// memory: after a restart what stands in the status counts as known.

#include "base/object_meta.h"
#include "base/time.h"
#include "engine/plan.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::controller {

/// So many foreign statuses make a second controller: one may be the last of a process that ends.
inline constexpr int kForeignStatuses = 3;
/// Without a foreign status for so long there is no second controller any more.
inline constexpr Duration kForeignQuiet = std::chrono::minutes(5);

class SecondController {
 public:
  /// Who wrote the status last, other than this process, in words; "" where nobody knows. Found out
  /// where it is to be told only: it takes a look at all of the object.
  using Writer = std::function<std::string()>;

  /// A status that is planned from now.
  void saw(const ObjectKey& rollout, const crds::RolloutStatus& status, SteadyTime now);
  /// A status that is about to be written.
  void writing(const ObjectKey& rollout, const crds::RolloutStatus& status, SteadyTime now);
  /// The last one was not written: the API server had a newer version.
  void overtaken(const ObjectKey& rollout);

  /// Says in the plan's waits (to be put in order by the caller) and conditions whether there is a
  /// second controller.
  void tell(const ObjectKey& rollout, engine::Plan& plan, const Writer& last_writer, SteadyTime now,
            SystemTime date);

  /// How long the status that the plan has must not be written yet; zero where it may be.
  Duration wait(const ObjectKey& rollout, const crds::RolloutStatus& status, SteadyTime now) const;

  void forget(const ObjectKey& rollout) { known_.erase(rollout); }

 private:
  /// What of a status only controllers write, by hashes.
  struct Fields {
    size_t shared = 0;  ///< By every engine.
    size_t waits = 0;   ///< By Sluice, where the installed CRD keeps it; 0 where there are none.

    bool may_be(const Fields& seen) const {
      return shared == seen.shared && (seen.waits == 0 || waits == seen.waits);
    }
  };

  struct Known {
    std::optional<Fields> seen;  ///< The last status that was planned from.
    std::vector<Fields> tried;   ///< Statuses of ours that may have been written.
    SteadyTime last_try{};
    int foreign = 0;
    SteadyTime last_foreign{};
    bool told = false;  ///< It is we who said so.
  };

  static Fields fields_of(const crds::RolloutStatus& status);

  static bool is_noticed(const Known& known, SteadyTime now);

  std::map<ObjectKey, Known> known_;
};

}  // namespace sluice::controller
