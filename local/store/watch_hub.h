#pragma once

// The watch hub brings stored changes to those who watch. Each Subscription has a bounded queue of
// its own: one that is not read fast enough ends with 410 Expired, and its client lists again.

#include "kube/object_store.h"
#include "local/store/registry.h"
#include "local/store/selectors.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::local {

struct WatchItem {
  kube::WatchEventType type = kube::WatchEventType::Added;
  ObjectPtr object;
};

/// The longest queue of undelivered events of one watch, besides what was there when it began: in
/// number, and in bytes of their objects.
inline constexpr size_t kWatchQueueMax = 10'000;
inline constexpr int64_t kWatchQueueBytesMax = int64_t{16} * 1024 * 1024;

/// One running watch. Destroying it ends it.
class Subscription {
 public:
  /// `scope` is the namespace that is watched, or empty for all.
  Subscription(ResourceTypePtr type, std::string scope, Selectors selectors);

  /// The next event, or null while there is none. After `ended()` there is none any more.
  std::optional<WatchItem> poll();

  /// Whether poll() or ended() would return something.
  bool has_news() const { return !queue_.empty() || end_.has_value(); }

  /// Set once the watch is over and its queue is empty: after an overflow, which drops the queue,
  /// or where the type has gone.
  std::optional<ApiError> ended() const;
  /// Calls `wake` when poll() or ended() may have something new; replaces an earlier one. It is
  /// called on the writer's stack: it must only schedule. Empty: nobody is called.
  void on_ready(std::function<void()> wake);
  /// A bookmark: an object of the type with nothing but `resource_version`, the registry's. Only
  /// right while the queue is empty: then this watch has seen everything up to it.
  WatchItem bookmark(const std::string& resource_version) const;

 private:
  friend class WatchHub;
  friend class Registry;

  /// Takes the change in if namespace and selectors want it.
  void offer(const Change& change);
  void push(WatchItem item);
  /// As push(), but without a bound: what was there when the watch began.
  void preload(WatchItem item);
  void end(ApiError error);

  ResourceTypePtr type_;
  std::string namespace_;
  Selectors selectors_;

  /// An item and what it counts for.
  struct Queued {
    WatchItem item;
    int64_t bytes = 0;
  };

  std::deque<Queued> queue_;
  size_t preloaded_ = 0;
  int64_t bytes_ = 0;
  std::optional<ApiError> end_;
  std::function<void()> wake_;
};

/// All running watches, by type.
class WatchHub {
 public:
  void add(const std::string& storage_name, const std::shared_ptr<Subscription>& subscription);
  void publish(const Change& change);
  /// Ends the watches of a type that is no longer served.
  void close(const std::string& storage_name);

 private:
  std::unordered_map<std::string, std::vector<std::weak_ptr<Subscription>>> by_type_;
};

}  // namespace sluice::local
