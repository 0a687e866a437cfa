#pragma once

// WatchedShop: a shop in a cluster, a watch over it, and ways to write in the controller's name
// whatever the watch is to see, or not to see.

#include "tests/sim/safety_watch.h"
#include "tests/sim/scene.h"

#include <string>

namespace sluice::sim {

/// 10%, until somebody promotes; 50% for 5 s; an analysis.
Json watched_steps();
/// Of four replicas.
Json watched_rollout(const Json& steps = watched_steps());
/// The same without traffic routing: pods are what carries traffic.
Json watched_rollout_without_routing();
/// The same as blue-green: somebody promotes, and an analysis follows the switch.
Json watched_blue_green();

struct WatchedShop {
  /// At rest with shop:v1. The controller runs.
  explicit WatchedShop(const Json& rollout = watched_rollout());

  /// With shop:v2 at its first pause, where somebody is to promote; the controller is gone then.
  void update();
  /// The same, and then at 50%: pods and route are there, the gateway has not taken it up.
  void move_to_half();
  /// The controller is gone. Nothing is in disorder until then.
  void leave();

  // ---- through the controller's own way to the API

  void write(const std::string& kind, const std::string& name, const Json& merge_patch,
             kube::Subresource subresource = kube::Subresource::None);
  void write_status(const Json& status);
  void weigh(int stable, int canary);
  void select(const std::string& service, const std::string& hash);
  void scale(const std::string& image, int replicas);
  /// A run about the one hash that measures the other.
  void measure(const std::string& about, const std::string& measured);

  // ---- by others

  void judge_bad(const std::string& hash);
  void freeze();
  void thaw();
  /// So many pods of the revision work from now on.
  void let_work(const std::string& image, int pods);
  /// What was written last becomes what is: pods and the gateway's route.
  void settle();
  void pass(int seconds);

  /// That, and nothing else, was noted.
  bool saw(const std::string& part) const;

  bool saw_nothing() const { return watch.violations().empty(); }

  controller::test::ControllerWorld world;
  Scene scene;
  SafetyWatch watch;

 private:
  controller::test::ControllerWorld& deployed(const Json& rollout);
};

}  // namespace sluice::sim
