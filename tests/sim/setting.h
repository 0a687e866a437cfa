#pragma once

// What a simulated life begins with: which strategy, how many replicas, with which steps or
// analyses. All of it is decided by the dice.

#include "base/json.h"
#include "tests/fakes/dice.h"
#include "tests/sim/cells.h"
#include "tests/sim/scene.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::sim {

struct Setting {
  bool blue_green = false;  ///< At first.
  bool has_preview = true;  ///< A blue-green Rollout names a preview Service.
  /// The canary may become blue-green, and the other way round.
  bool may_change_strategy = false;
  bool routed = true;    ///< Else pods are the traffic.
  bool dynamic = false;  ///< dynamicStableScale
  /// Together with that, and with the maxUnavailable that lets it move.
  std::optional<int> max_surge;
  bool headers = false;  ///< Steps may set a header route.
  /// "", or the template of a background analysis.
  std::string background;
  int starting_step = 0;
  int replicas = 1;
  /// A second Rollout on the same route, with rules and Services of its own. Both give their header
  /// routes the same name.
  bool has_neighbour = false;
  /// The spec may come to name another canary Service and another route.
  bool may_be_rerouted = false;
  /// Somebody else applies a Rollout that names the Services of the shop.
  bool has_rival = false;
  /// Each update is judged by a run.
  bool is_judged = false;
  /// onFailure: pause, a bad verdict holds the update and reverts nothing.
  bool holds_failures = false;
  /// Several of them elect a leader.
  int processes = 1;
  /// Things happen before the first revision is there.
  bool has_first_days = false;
};

/// What the source says of a revision: below a half is bad, and what is neither bad nor good leads
/// to a question.
inline constexpr double kBadRate = 0.2;
inline constexpr double kUnclearRate = 0.7;

/// How many revisions a Rollout may come to have.
inline constexpr int kRevisions = 5;
/// Of that revision, counted from 1, which is the first one.
std::string image_of(const Role& role, int revision);

/// One in which the life can be led to `aim`.
Setting draw_setting(Dice& dice, const Cells::Cell& aim);
std::string to_string(const Setting& setting);

/// All that a Rollout may come to name as its canary Service, the last of which does not exist.
std::vector<std::string> canary_services_of(const std::string& rollout);
/// The same of the preview Service.
std::vector<std::string> preview_services_of(const std::string& rollout);
std::vector<std::string> route_names();

/// "shop", and "cart" where it has a neighbour.
std::vector<Role> roles_of(const Setting& setting);

Json draw_steps(const Setting& setting, Dice& dice);

/// spec.strategy of that Rollout, as one or the other.
Json draw_strategy(const Setting& setting, const Role& role, bool blue_green, Dice& dice);

/// Everything to be applied, each after what it names.
std::vector<Json> manifests_of(const Setting& setting, Dice& dice);

/// The Rollout "rival", with all that the shop has but the name and the image.
Json rival_of(const Setting& setting, Dice& dice);

}  // namespace sluice::sim
