#pragma once

// ScriptedStore: an ObjectStore whose every answer a test has laid out beforehand. For tests of
// what talks to a store; tests that want a store that behaves use local::Store.

#include "kube/object_store.h"
#include "net/notifier.h"

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

class ScriptedStore : public kube::ObjectStore {
 public:
  /// One watch: its events, then either the error or silence.
  struct WatchScript {
    std::vector<kube::WatchEvent> events;
    std::optional<Error> then;
    std::optional<Error> refused;  ///< The watch does not even begin.
  };

  struct Call {
    std::string verb;
    kube::Resource resource;
    ObjectKey key;
    std::string body;
    std::string resource_version;  ///< Of a watch.
    int64_t limit = 0;             ///< Of a list.
    /// Of a watch: kube::WatchOptions::known.
    std::function<bool(std::string_view)> known{};
  };

  explicit ScriptedStore(const kube::asio::any_io_executor& executor) : silence(executor) {}

  /// Notified, it ends the silent watches.
  net::Notifier silence;

  /// Without an answer left, get, list and writes are Unavailable and watches are silent.
  std::deque<Result<kube::ObjectList>> lists;
  std::deque<WatchScript> watches;
  std::deque<Result<kube::Object>> writes;
  std::vector<Call> calls;

  kube::Awaitable<Result<kube::Object>> get(kube::Resource resource, ObjectKey key) override;
  kube::Awaitable<Result<kube::ObjectList>> list(kube::Resource resource,
                                                 kube::ListOptions options) override;
  kube::Awaitable<Result<std::unique_ptr<kube::Watch>>> watch(kube::Resource resource,
                                                              kube::WatchOptions options) override;
  kube::Awaitable<Result<kube::Object>> create(kube::Resource resource, std::string namespace_,
                                               std::string body,
                                               kube::CreateOptions options = {}) override;
  kube::Awaitable<Result<kube::Object>> patch(kube::Resource resource, ObjectKey key,
                                              kube::PatchType type, std::string body,
                                              kube::PatchOptions options) override;
  kube::Awaitable<Result<void>> remove(kube::Resource resource, ObjectKey key,
                                       kube::RemoveOptions options) override;
  kube::Awaitable<Result<std::string>> pod_log(ObjectKey pod, std::string container,
                                               size_t bytes_max) override;

 private:
  Result<kube::Object> next_write();
};

}  // namespace sluice
