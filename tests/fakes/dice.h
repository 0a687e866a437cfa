#pragma once

// Chance for shuffled stories: all of it follows from a seed, so that a story can be told again.

#include <cstdint>
#include <random>

namespace sluice {

class Dice {
 public:
  explicit Dice(uint32_t seed) : engine_(seed) {}

  /// From 0 to one less than `sides`.
  int roll(int sides) { return static_cast<int>(engine_() % static_cast<uint32_t>(sides)); }

  bool chance(int percent) { return roll(100) < percent; }

 private:
  std::mt19937 engine_;
};

}  // namespace sluice
