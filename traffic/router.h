#pragma once

// Router is the seam to ingresses and meshes. An adapter is pure: it says which objects it reads,
// renders the changes that make them ask for the routes, and tells from them what traffic does now.
// The shell reads and writes the objects. Rendering what is already so gives no change.

#include "base/json.h"
#include "base/object_meta.h"
#include "base/result.h"
#include "crds/routes.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::traffic {

struct ObjectRef {
  GroupVersionKind gvk;
  ObjectKey key;

  auto operator<=>(const ObjectRef&) const = default;
  /// "HTTPRoute default/shop"
  std::string to_string() const;
};

/// Gives the object as the cluster has it, or null where it does not exist. The value lives as long
/// as the call it is passed to.
using FindObject = std::function<const Json*(const ObjectRef&)>;

/// One write to one object.
struct ObjectChange {
  enum class Verb {
    Create,  ///< `body` is the whole object.
    Patch,   ///< `body` is a JSON patch (RFC 6902). It tests what it replaces, so that it fails
             ///< rather than overwrite the edit of somebody else.
    Remove,  ///< Of the object with that `uid` only.
  };

  Verb verb = Verb::Patch;
  ObjectRef object;
  std::string body;  ///< As text, ready to be sent.
  std::string uid;
};

/// Whose routes a router renders.
struct RouterOwner {
  ObjectKey rollout;
  std::string uid;  ///< "" where the Rollout is in no cluster, as for lint.
};

/// From good to bad: of several, the worst counts.
enum class ObservedState {
  Verified,     ///< The data plane confirmed what the objects ask for.
  Unsupported,  ///< The router cannot confirm.
  Pending,      ///< Not confirmed yet.
  Error,        ///< Objects are missing, refused or not understood.
};

struct Observation {
  ObservedState state = ObservedState::Unsupported;
  /// The canary's weight in the objects; absent where they hold none or disagree.
  std::optional<int64_t> canary_weight;
  /// Which of the managed routes the objects hold.
  std::set<std::string> managed_routes;
  /// Those among them that mirror every request, as the cluster does not keep the share.
  std::set<std::string> whole_mirrors;
  /// The most that a former canary Service still has; 0 where all is taken back.
  int64_t former_weight = 0;
  std::string message;
  std::optional<ObjectRef> object;  ///< What the message is about.
  int64_t generation = 0;           ///< Of the object; 0 where its kind has none.
  /// Where the state is Pending for no other reason than that the data plane has taken up this
  /// generation of the object, and not the newest.
  std::optional<int64_t> taken_up;
};

/// The generation since which the object of an observation asks for what it asks for now. What
/// others changed in it since is theirs: a data plane that has taken up that generation carries our
/// routes, so that nobody who shares an object waits for the others to be done.
using AskedSince = std::function<int64_t(const Observation& seen)>;

/// What selects the pods of a side where no Service does: a subset of a DestinationRule.
struct Selection {
  std::string hash;        ///< Of the revision; "" where it selects more than one.
  std::string managed_by;  ///< The Rollout whose name its object bears, or "".
};

/// Of several objects: the worst state, and one weight only where all agree. What one of them has
/// taken up says nothing of the others.
Observation worst_of(const std::vector<Observation>& all);

class Router {
 public:
  virtual ~Router() = default;

  /// The objects that it reads and writes.
  virtual std::vector<ObjectRef> objects() const = 0;

  /// The changes that make the objects ask for `routes`; none where they do. The first fault comes
  /// as an error once nothing is left to change in the other objects, so that one that is missing
  /// does not hold up the traffic of the rest.
  Result<std::vector<ObjectChange>> render(const crds::Routes& routes,
                                           const FindObject& find) const;

  /// What keeps the objects from asking for `routes`: each error names an object and what it lacks.
  virtual std::vector<Error> faults(const crds::Routes& routes, const FindObject& find) const = 0;

  /// What the objects ask for, and whether the data plane follows. `routes` gives names and total;
  /// its weights are not looked at. Where `asked_since` is empty, only the newest generation
  /// counts.
  Observation observe(const crds::Routes& routes, const FindObject& find,
                      const AskedSince& asked_since = {}) const;

  /// The sides whose pods its objects select, by name (crds/routes.h).
  virtual std::map<std::string, Selection> selections(const FindObject& /*find*/) const {
    return {};
  }

  /// The changes that make such a side select the revision of `hash`, in the Rollout's name; with
  /// "" that give it back. None for a side that is no object's of this router.
  virtual std::vector<ObjectChange> select(const std::string& /*side*/, const std::string& /*hash*/,
                                           const FindObject& /*find*/) const {
    return {};
  }

 private:
  /// Of each object that holds routes.
  virtual std::vector<Observation> observations(const crds::Routes& routes,
                                                const FindObject& find) const = 0;

  /// Of the objects without a fault.
  virtual std::vector<ObjectChange> changes(const crds::Routes& routes,
                                            const FindObject& find) const = 0;
};

}  // namespace sluice::traffic
