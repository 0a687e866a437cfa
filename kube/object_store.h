#pragma once

// ObjectStore is the seam between Sluice and any Kubernetes API: the network client, the embedded
// store and the fault-injecting wrapper of tests all speak these verbs, with the API's semantics
// (optimistic concurrency, generation, subresources, watches with resource versions).

#include "kube/object.h"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::kube {

namespace asio = boost::asio;

template <typename T>
using Awaitable = asio::awaitable<T>;

enum class PatchType { Merge, Json, Strategic };

/// "" for the object itself.
enum class Subresource { None, Status, Scale };

struct ListOptions {
  std::string namespace_;  ///< Empty: all namespaces.
  std::string label_selector;
  std::string field_selector;
  int64_t limit = 0;  ///< 0: everything in one answer.
  std::string continue_token;
};

struct ObjectList {
  std::vector<Object> items;
  std::string resource_version;  ///< Where a watch may start.
  std::string continue_token;    ///< Empty: this was the last page.
};

struct CreateOptions {
  /// Asks whether the object would be made, and makes nothing: every check of the server and of its
  /// webhooks is done.
  bool dry_run = false;
  /// Fields that the server does not know are an error; otherwise it drops them.
  bool strict = false;
};

struct PatchOptions {
  Subresource subresource = Subresource::None;
  /// When set, the patch fails with Conflict unless the object is still at this version / this one.
  std::string resource_version;
  std::string uid;
};

enum class Propagation { Background, Foreground, Orphan };

struct RemoveOptions {
  Propagation propagation = Propagation::Background;
  std::string uid;               ///< Precondition where set.
  std::string resource_version;  ///< Precondition where set.
  std::optional<int64_t> grace_period_seconds;
  /// Of a pod: by eviction, which disruption budgets may forbid for now (Forbidden, with the
  /// server's sentences).
  bool evict = false;
};

enum class WatchEventType { Added, Modified, Deleted, Bookmark };

struct WatchEvent {
  WatchEventType type = WatchEventType::Added;
  Object object;  ///< For bookmarks only the resource version is set.
};

struct WatchOptions {
  std::string namespace_;
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;  ///< Events after this version.
  /// Answers whether the version of an object says nothing new, as that of an own write. Of such an
  /// event a store may tell the version alone, as of a bookmark.
  std::function<bool(std::string_view resource_version)> known{};
};

/// A running watch. Destroying it ends it.
class Watch {
 public:
  virtual ~Watch() = default;
  /// The next event. Error Expired: list again. Any other error: the watch broke, start anew from
  /// the last seen version. Not to be called twice at once.
  virtual Awaitable<Result<WatchEvent>> next() = 0;
};

/// All verbs take the resource's kind from the known table or from discovery. Coroutine parameters
/// are values. Any call may fail with Timeout or Unavailable; then whether it was done is unknown.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual Awaitable<Result<Object>> get(Resource resource, ObjectKey key) = 0;
  virtual Awaitable<Result<ObjectList>> list(Resource resource, ListOptions options) = 0;
  virtual Awaitable<Result<std::unique_ptr<Watch>>> watch(Resource resource,
                                                          WatchOptions options) = 0;
  /// `body` is the whole object as JSON text.
  virtual Awaitable<Result<Object>> create(Resource resource, std::string namespace_,
                                           std::string body, CreateOptions options = {}) = 0;
  /// Returns the object after the patch.
  virtual Awaitable<Result<Object>> patch(Resource resource, ObjectKey key, PatchType type,
                                          std::string body, PatchOptions options) = 0;
  virtual Awaitable<Result<void>> remove(Resource resource, ObjectKey key,
                                         RemoveOptions options) = 0;
  /// The pod's log text so far, at most `bytes_max` from its end.
  virtual Awaitable<Result<std::string>> pod_log(ObjectKey pod, std::string container,
                                                 size_t bytes_max) = 0;
};

}  // namespace sluice::kube
