#pragma once

// Every way to wait that docs/waiting.md lists: how it comes about in a cluster with the whole
// controller in it, and what `sluice status` prints then.

#include "tests/controller/controller_world.h"

#include <functional>
#include <string>
#include <vector>

namespace sluice::cli::test {

using controller::test::ControllerWorld;

struct Way {
  std::string name;
  Json steps;                                     ///< Of the shop whose first revision is deployed.
  std::function<void(ControllerWorld&)> arrange;  ///< What happens from then on.
  std::vector<std::string> said;  ///< Parts of what is printed, in this order, soon after.
};

std::vector<Way> ways_of_pods();
std::vector<Way> ways_of_services();
std::vector<Way> ways_of_restarts();
/// Of updates that were aborted.
std::vector<Way> ways_back();
std::vector<Way> ways_of_refusals();
std::vector<Way> ways_of_traffic();
std::vector<Way> ways_of_analyses();
std::vector<Way> ways_of_verdicts();
std::vector<Way> ways_of_people();
/// Of those that do not act.
std::vector<Way> ways_of_controllers();
std::vector<Way> ways_of_rivals();

/// A weight of 20, that step, and a weight of 60.
Json steps_with(const Json& step);

/// Releases shop:v2.
void release(ControllerWorld& world);

/// Releases shop:v2, whose pods do not come: one is there, in the state that a kubelet tells.
std::function<void(ControllerWorld&)> release_with_pod(const char* status);

}  // namespace sluice::cli::test
