#pragma once

// EventRecorder writes core/v1 Events about objects, for `kubectl describe` and dashboards. Callers
// never wait: events go through a bounded queue to one coroutine, and what does not fit is dropped
// and counted. The same news about the same object within kAggregationWindow raises the count of
// the event that is there already. Events are told at most once: a restart forgets the counts.

#include "base/clock.h"
#include "kube/object_store.h"
#include "net/channel.h"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace sluice::kube {

enum class EventType { Normal, Warning };

class EventRecorder {
 public:
  static constexpr size_t kQueueMax = 1000;
  static constexpr Duration kAggregationWindow = std::chrono::minutes(10);
  /// Remembered events; beyond that the older half is forgotten and would be written anew.
  static constexpr size_t kRememberedMax = 4096;
  /// The API server refuses longer messages.
  static constexpr size_t kMessageMax = 1024;

  /// `store` and `clock` must outlive the recorder. `component` is who the events are from.
  EventRecorder(ObjectStore& store, Clock& clock, const asio::any_io_executor& executor,
                std::string component = "sluice");

  /// Queues one event. `field_path` names the part of the object it is about
  /// ("spec.containers{app}"), where it is not the whole.
  void record(const Object& about, EventType type, std::string reason, std::string message,
              std::string field_path = "");

  /// Writes what is queued until close() or cancellation. Spawn it in a TaskGroup that ends before
  /// the recorder.
  Awaitable<void> run();
  /// Lets run() return once the queue is written.
  void close();

  /// Events that were lost: the queue was full, or the API refused or did not answer.
  uint64_t dropped() const { return dropped_; }

 private:
  struct Item {
    GroupVersionKind gvk;
    ObjectMeta about;  ///< Only name, namespace, uid and version are set.
    EventType type = EventType::Normal;
    std::string reason;
    std::string message;
    std::string field_path;
    SystemTime time;
  };

  /// An event that was written and may be counted up.
  struct Written {
    ObjectKey key;
    int64_t count = 1;
    SteadyTime since;
  };

  Awaitable<Result<void>> write(Item item);
  Awaitable<Result<void>> write_new(Item item, std::string identity);
  void remember(std::string identity, ObjectKey key);
  std::string encode(const Item& item, const std::string& name) const;

  ObjectStore& store_;
  Clock& clock_;
  std::string component_;
  net::Channel<Item> queue_;
  std::unordered_map<std::string, Written> written_;
  uint64_t dropped_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace sluice::kube
