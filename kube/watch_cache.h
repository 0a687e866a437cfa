#pragma once

// WatchCache keeps all objects of one resource in memory, as the API server tells of them: one
// list, then a watch, and again a list when the watch's history is gone. It also learns the answers
// of this process's own writes at once, so that a controller always reads its own writes.
//
// Resource versions are compared as numbers, as Kubernetes allows for one resource: an older state
// never replaces a newer one, whichever way it came, not even that of a namesake that was deleted.
// Only a list older than what is known already (a cluster made anew) begins from nothing. Belongs
// to the loop thread.

#include "base/clock.h"
#include "kube/object_store.h"
#include "net/notifier.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace sluice::kube {

using ObjectPtr = std::shared_ptr<const Object>;

class WatchCache {
 public:
  struct Options {
    Resource resource;
    std::string namespace_;  ///< Empty: all namespaces.
    std::string label_selector;
    std::string field_selector;
  };

  /// What became of one object; `before` is null for a new one, `after` for a deleted one.
  struct Change {
    ObjectKey key;
    ObjectPtr before;
    ObjectPtr after;
  };

  using Observer = std::function<void(const Change&)>;

  /// `store` and `clock` must outlive the cache.
  WatchCache(ObjectStore& store, Clock& clock, const asio::any_io_executor& executor,
             Options options);

  /// Is called for every change, within the call that brings it: it should only note keys.
  void observe(Observer observer);
  /// The same until the answer is destroyed, for those who come and go; what is held already is
  /// told at once, as new, in the order in which lists tell it.
  [[nodiscard]] std::shared_ptr<void> subscribe(Observer observer);

  /// Lists and watches until cancelled; failures are logged and tried again with back-off. Spawn it
  /// in a TaskGroup that ends before the cache.
  Awaitable<void> run();

  /// True once the first list has come.
  bool synced() const { return synced_; }

  Awaitable<void> wait_synced();
  /// Returns once the first list has come or was refused for good: a kind that the cluster lacks,
  /// or that is not shown to us.
  Awaitable<void> wait_answered();

  bool answered() const { return answered_; }

  /// Why it cannot be listed or watched at the moment; absent where nothing is amiss.
  const std::optional<Error>& trouble() const { return trouble_; }

  /// Null where there is none.
  ObjectPtr find(const ObjectKey& key) const;
  /// The objects whose controller has that UID.
  std::vector<ObjectPtr> controlled_by(const std::string& uid) const;
  std::vector<ObjectPtr> all() const;

  size_t size() const { return objects_.size(); }

  /// Takes in the answer to an own create or patch, unless something newer is known.
  void learn(Object object);
  /// Takes in that an own delete of the object with that UID was answered with "gone".
  void learn_removed(const ObjectKey& key, const std::string& uid);
  /// Asks for one object and takes in the answer, as after a write that was refused. An API that
  /// does not answer changes nothing.
  Awaitable<void> refresh(ObjectKey key);

  const Resource& resource() const { return options_.resource; }

 private:
  struct KeyHash {
    size_t operator()(const ObjectKey& key) const;
  };

  void note_answer();
  Awaitable<Result<void>> list_all();
  Awaitable<Error> follow();
  Awaitable<Error> take_events(std::unique_ptr<Watch> watch);
  void take_event(WatchEvent event);
  void begin_anew_after(const std::string& listed_version);
  void take(ObjectPtr object);
  void drop(const ObjectKey& key);
  void index(const ObjectPtr& object);
  void unindex(const ObjectPtr& object);
  void announce(const Change& change);

  ObjectStore& store_;
  Clock& clock_;
  Options options_;
  net::Notifier answered_notifier_;
  std::vector<Observer> observers_;
  std::vector<std::weak_ptr<Observer>> subscribers_;
  std::unordered_map<ObjectKey, ObjectPtr, KeyHash> objects_;
  std::unordered_map<std::string, std::unordered_set<ObjectKey, KeyHash>> by_controller_;
  std::string resource_version_;  ///< Where the watch goes on.
  uint64_t seen_version_ = 0;     ///< Everything up to it has been told by list or watch.
  std::optional<Error> trouble_;
  bool synced_ = false;
  bool answered_ = false;
};

}  // namespace sluice::kube
