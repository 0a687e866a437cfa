#pragma once

// EngineComparison: what another engine makes of a Rollout, held against what Sluice would have
// made of it. Both are judged by what people see of an update: phase, step, weight, stable
// revision.
//
// - The other has moved: Sluice would have moved likewise from the status that was there before, as
//   the objects are now; a step or a weight on the way there counts as the same. Otherwise the
//   other went ahead.
// - Sluice would move, and the other does not: it lags behind.
//
// Watches tell of the objects in no fixed order, and no two processes look at the same moment: a
// difference counts once it has lasted for kPatience. Only memory: after a restart the comparison
// begins anew with the status that is found.

#include "controller/explanation.h"
#include "crds/rollout.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::controller {

enum class Aspect : uint8_t { Phase, Step, Weight, Stable };

inline constexpr std::array kAspects = {Aspect::Phase, Aspect::Step, Aspect::Weight,
                                        Aspect::Stable};

std::string_view to_string(Aspect aspect);

/// Every aspect of which one of the two says something.
std::vector<Decision> decisions_of(const crds::RolloutStatus& other,
                                   const crds::RolloutStatus& ours);

/// A difference that has lasted.
struct Difference {
  Aspect aspect = Aspect::Phase;
  bool ahead = false;  ///< The other moved where Sluice would not have; else it lags behind.
  std::string before;  ///< What stood there; "" where it is the same as `other`.
  std::string other;
  std::string ours;

  /// "step: the other engine went from 1 to 2, Sluice would be at 1"
  std::string to_string() const;
  bool operator==(const Difference&) const = default;
};

class EngineComparison {
 public:
  /// How long the two may differ: slow watches, slow looks.
  static constexpr Duration kPatience = std::chrono::seconds(10);
  /// So many of the last differences of a Rollout are kept to be shown.
  static constexpr size_t kShownMax = 10;

  /// The status that Sluice would write, were it to find that one with the objects as they are.
  using Plan = std::function<crds::RolloutStatus(const crds::RolloutStatus& found)>;

  struct Findings {
    std::vector<Aspect> agreed;  ///< The other moved as Sluice would have.
    std::vector<Difference> differences;
    /// Look again after so long: something differs, and may yet be explained.
    std::optional<Duration> look_again;
  };

  /// A version of the Rollout's status, as the API tells of it: none may be left out.
  void saw(const ObjectKey& rollout, const crds::RolloutStatus& status, SteadyTime now);
  Findings look(const ObjectKey& rollout, const Plan& plan, SteadyTime now);

  /// The last differences, newest first.
  std::vector<Difference> last(const ObjectKey& rollout) const;

  void forget(const ObjectKey& rollout) { known_.erase(rollout); }

 private:
  /// A move of the other that is to be explained.
  struct Move {
    crds::RolloutStatus from;
    crds::RolloutStatus to;
    SteadyTime since{};
  };

  struct Lag {
    std::string ours;
    SteadyTime since{};
    bool told = false;
  };

  struct Known {
    crds::RolloutStatus now;
    std::vector<Move> moves;  ///< Oldest first; at most kMovesMax.
    std::map<Aspect, Lag> lags;
    std::vector<Difference> told;  ///< Newest first.
  };

  static constexpr size_t kMovesMax = 32;

  static void explain_moves(Known& known, const Plan& plan, SteadyTime now, Findings& findings);
  static void find_lags(Known& known, const Plan& plan, SteadyTime now, Findings& findings);

  std::map<ObjectKey, Known> known_;
};

}  // namespace sluice::controller
