#pragma once

// WatchCache keeps all objects of one resource in memory, as the API server tells of them: one
// list, then a watch, and again a list when the watch's history is gone. It also learns the answers
// of this process's own writes at once, so that a controller always reads its own writes.
//
// Resource versions are compared as numbers, as Kubernetes allows for one resource: an older state
// never replaces a newer one, whichever way it came, not even that of a namesake that was deleted.
// Only a list older than what is known already (a cluster made anew) begins from nothing. Belongs
// to the loop thread.
//
// Most objects of a large cluster are looked at seldom. A compact cache holds their texts, as the
// resource trims them, and what was read of one only for as long as somebody asks for it.

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
  /// Objects of a compact cache that are at hand; beyond that those go first that were not asked
  /// for since the last cool().
  static constexpr size_t kAtHandMax = 4096;

  struct Options {
    Resource resource;
    std::string namespace_;  ///< Empty: all namespaces.
    std::string label_selector;
    std::string field_selector;
    bool compact = false;
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
  /// The same until the answer is destroyed, for those who come and go.
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
  ObjectPtr find(const ObjectKey& key);
  /// The objects whose controller has that UID.
  std::vector<ObjectPtr> controlled_by(const std::string& uid);
  std::vector<ObjectPtr> all();
  /// Of all objects, in order.
  std::vector<ObjectKey> keys() const;
  /// Of those whose controller has that UID.
  std::vector<ObjectKey> keys_controlled_by(const std::string& uid) const;

  /// Lets go of what was read of an object's text: nobody will ask for it soon.
  void let_rest(const ObjectKey& key);

  /// Lets go of what was read of texts that nobody has asked for since the last time. True where
  /// there was something to let go of.
  bool cool();

  bool holds(const ObjectKey& key) const { return objects_.contains(key); }

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

  struct Held {
    uint64_t version = 0;
    JsonText text;
    /// What was read of the text, where it is at hand: in a compact cache, while it is asked for.
    ObjectPtr object;
    bool asked = false;  ///< Since the last cool().
  };

  using Objects = std::unordered_map<ObjectKey, Held, KeyHash>;

  const ObjectPtr& at_hand(Objects::value_type& entry);
  void note_answer();
  Awaitable<Result<void>> list_all();
  Awaitable<Error> follow();
  Awaitable<Error> take_events(std::unique_ptr<Watch> watch);
  void take_event(WatchEvent event);
  void begin_anew_after(const std::string& listed_version);
  void take(ObjectPtr object);
  void drop(const ObjectKey& key);
  void index(Objects::value_type& entry, const Object& object);
  void unindex(Objects::value_type& entry, const Object& object);
  void announce(const Change& change);

  ObjectStore& store_;
  Clock& clock_;
  Options options_;
  net::Notifier answered_notifier_;
  std::vector<Observer> observers_;
  std::vector<std::weak_ptr<Observer>> subscribers_;
  Objects objects_;
  /// By the controller's UID; the entries stay where they are until they are dropped.
  std::unordered_map<std::string, std::vector<Objects::value_type*>> by_controller_;
  std::vector<ObjectKey> at_hand_;  ///< Of a compact cache: whose objects are at hand.
  std::string resource_version_;    ///< Where the watch goes on.
  uint64_t seen_version_ = 0;       ///< Everything up to it has been told by list or watch.
  /// Of objects that were learnt before the watch has told of them.
  std::unordered_set<std::string> own_versions_;
  std::optional<Error> trouble_;
  bool synced_ = false;
  bool answered_ = false;
};

}  // namespace sluice::kube
