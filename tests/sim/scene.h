#pragma once

// Scene is what an onlooker sees of a world: its objects as JSON, each parsed once, when it
// changes. A RolloutView is the same from the seat of one Rollout. Neither knows how the
// controller reads these objects: they share no code with it.

#include "tests/controller/controller_world.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sluice::sim {

inline constexpr const char* kHashLabel = "rollouts-pod-template-hash";
/// What a person who rolls back leaves on the Rollout.
inline constexpr const char* kRollbackTo = "sluice.dev/rollback-to";
/// All of the traffic, in percent.
inline constexpr int64_t kTotal = 100;

class Scene {
 public:
  /// Who the controller is.
  struct Seat {
    std::function<bool()> is_writing;  ///< The change that is being told is its own doing.
    const Clock& clock;                ///< What time it is to it.
  };

  /// `world` must outlive the scene, whose controller is the one of that world.
  explicit Scene(controller::test::ControllerWorld& world);
  Scene(controller::test::ControllerWorld& world, Seat controller);

  /// Calls `listener` after each change, once the scene shows it; in the order of their adding.
  void listen(std::function<void(const local::Change&)> listener);

  /// Null where there is none.
  const Json& find(const std::string& kind, const std::string& name) const;
  const std::map<std::string, Json>& all(const std::string& kind) const;

  /// How often objects of the kind have changed: what was derived of them holds until then.
  uint64_t changes(const std::string& kind) const;

  /// What changed last, as it was before; null where it is new.
  const Json& before() const { return before_; }

  /// Whether the change that is being told is the controller's own doing.
  bool is_by_controller() const { return controller_.is_writing(); }

  /// The route's generation since which what it says of the Service is as it is now.
  int64_t said_since(const std::string& route, const std::string& service) const;

  /// Somebody has frozen the namespace of the shop, or all.
  bool is_frozen() const;

  const Clock& clock() const { return controller_.clock; }

 private:
  void on_change(const local::Change& change);
  void take(const local::Change& change, bool deleted);
  void take_route(const Json& route);

  /// What a route says of a Service.
  struct Said {
    Json rules = Json::array();
    int64_t since = 0;  ///< The route's generation.
  };

  Seat controller_;
  std::map<std::string, std::map<std::string, Json>> objects_;  ///< By kind, then by name.
  std::map<std::string, uint64_t> changes_;                     ///< By kind.
  std::map<std::string, std::map<std::string, Said>> said_;     ///< By route, then by Service.
  std::set<std::string> freezes_;                               ///< Their namespaces.
  Json before_;
  std::vector<std::function<void(const local::Change&)>> listeners_;
  std::shared_ptr<void> observer_;
};

/// A Rollout and what it names, as a canary and as blue-green; "" is what it does not.
struct Role {
  std::string rollout;
  std::string stable_service;
  std::string canary_service;
  std::string route;
  std::string active_service;
  std::string preview_service;
};

class RolloutView {
 public:
  /// `scene` must outlive the view.
  RolloutView(const Scene& scene, Role role);

  /// Takes in what the spec names by now; where not all of it exists, what it named before holds.
  void follow_spec();

  const Scene& scene() const { return *scene_; }

  const Role& role() const { return role_; }

  /// A canary with traffic routing.
  bool is_routed() const { return !role_.route.empty() && !is_blue_green(); }

  bool is_blue_green() const { return !blue_green().is_null(); }

  /// Where users ask, and what leads to the present revision before it is stable.
  const std::string& serving_service() const {
    return is_blue_green() ? role_.active_service : role_.stable_service;
  }

  const std::string& trying_service() const {
    return is_blue_green() ? role_.preview_service : role_.canary_service;
  }

  const Json& rollout() const;
  std::string image() const;
  const Json& steps() const;
  const Json& canary() const;
  const Json& blue_green() const;
  int64_t replicas() const;
  /// How many pods more than its replicas an update may have that goes forward, where the spec
  /// limits it: routed, with dynamicStableScale, and with a maxSurge, which is a number here.
  std::optional<int64_t> surge() const;
  std::string stable_hash() const;
  /// The phase, once it is told of the present spec; "" until then.
  std::string phase() const;
  /// The spec names what is not there, or the controller says so of this one or the one before.
  bool is_refused() const;

  /// The controller has seen the present spec, and found nothing wrong with it.
  bool is_planned() const { return !phase().empty() && !is_refused(); }

  bool owns(const Json& object) const;
  /// The hash of the revision with that image; "" until there is a ReplicaSet.
  std::string hash_of(const std::string& image) const;
  /// Null where there is none.
  const Json& replica_set(const std::string& hash) const;
  int64_t spec_replicas(const std::string& hash) const;
  /// Pods that are available and not about to be scaled away.
  int64_t serving(const std::string& hash) const;
  /// The hash in the Service's selector.
  std::string selected_by(const std::string& service) const;

  /// Of 100; -1 where the two weights do not sum up to it.
  int64_t canary_weight() const;
  /// Of its route.
  std::set<std::string> header_routes() const;
  /// Those in other routes, and those to a Service that the spec names no longer.
  std::set<std::string> former_header_routes() const;
  /// The gateway has taken up what the route says of the canary Service, whatever else was written
  /// to it since.
  bool is_route_confirmed() const;
  /// How much of the traffic each revision gets, by hash; without routing nothing is known. Where
  /// it still has weight by a former pair of Services or in a former route, that is added as if
  /// nothing else had any: then the sum is more than 100.
  std::map<std::string, int64_t> shares() const;
  /// The same of former pairs and routes only.
  std::map<std::string, int64_t> former_shares() const;
  /// The Services that it has named or may have named, and names no longer.
  std::set<std::string> former_services() const;

 private:
  bool leads_to_canary(const Json& rule) const;
  void follow_blue_green();

  const Scene* scene_;
  Role role_;
  std::set<std::string> canary_services_;   ///< All that it has named so far.
  std::set<std::string> preview_services_;  ///< The same.

  /// Of the revisions, by image; of the state after so many changes.
  struct Hashes {
    uint64_t changes = ~uint64_t{0};
    std::map<std::string, std::string> of_images;
  };

  mutable Hashes hashes_;
};

/// "" where the object has no such label.
std::string label_of(const Json& object, const char* key);
/// The hash that labels the object; "" where none does.
std::string hash_label(const Json& object);

}  // namespace sluice::sim
