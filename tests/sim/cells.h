#pragma once

// Cells: what happened to a Rollout in the middle of what. A cell is a situation (strategy, course,
// brake) with an event; a simulation that never reaches one says nothing about it, so each life
// counts its own and the tests ask for all of them.

#include "engine/course.h"
#include "tests/sim/scene.h"

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sluice::sim {

/// What keeps an update from going on.
enum class Brake {
  None,
  Step,      ///< A pause of the strategy's own.
  Question,  ///< An inconclusive run.
  Paused,    ///< spec.paused
  Frozen,
};

struct Situation {
  bool blue_green = false;
  engine::Course course = engine::Course::First;
  Brake brake = Brake::None;

  auto operator<=>(const Situation&) const = default;
};

enum class Event {
  Release,
  ReleaseOfStable,
  Rollback,
  SpecEdit,
  Scale,
  StrategyChange,
  ServiceMissing,
  RouteMissing,
  Abort,
  Retry,
  Promote,
  PromoteFull,
  PauseOrGoOn,
  FreezeOrThaw,
  Restart,
  PodsDie,
  OtherMetrics,
  Meddling,
  Kill,
  Faults,
  SlowGateway,
  ClockSet,
  LeaderChange,
  TakeOver,
};

/// As its status tells; of what the spec asks for since then nothing.
Situation situation_of(const RolloutView& view);

class Cells {
 public:
  using Cell = std::pair<Situation, Event>;

  static const std::vector<Situation>& situations();
  static const std::vector<Event>& events();
  /// All that can be reached.
  static const std::vector<Cell>& all();
  /// Why there is no such cell; "" where there is.
  static std::string impossible(const Situation& situation, Event event);
  /// Where a life of that seed is to be led, and what is to happen there after `turn` other events.
  static Cell aim_of(uint32_t seed, size_t turn = 0);

  void note(const Situation& situation, Event event) { ++counts_[{situation, event}]; }

  Cells& operator+=(const Cells& other);

  /// A line a cell: situation, event, how often; parted by tabulators.
  std::string text() const;

 private:
  std::map<Cell, int64_t> counts_;
};

}  // namespace sluice::sim
