#pragma once

// What a simulated life begins with: which kind of canary, how many, with which steps. All of it is
// decided by the dice.

#include "base/json.h"
#include "tests/fakes/dice.h"
#include "tests/sim/scene.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::sim {

struct Setting {
  bool routed = true;    ///< Else pods are the traffic.
  bool dynamic = false;  ///< dynamicStableScale
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
};

Setting draw_setting(Dice& dice);
std::string to_string(const Setting& setting);

/// All that a Rollout may come to name as its canary Service, the last of which does not exist.
std::vector<std::string> canary_services_of(const std::string& rollout);
std::vector<std::string> route_names();

/// "shop", and "cart" where it has a neighbour.
std::vector<Role> roles_of(const Setting& setting);

Json draw_steps(const Setting& setting, Dice& dice);

/// Everything to be applied, each after what it names.
std::vector<Json> manifests_of(const Setting& setting, Dice& dice);

/// The Rollout "rival", with all that the shop has but the name and the image.
Json rival_of(const Setting& setting, Dice& dice);

}  // namespace sluice::sim
