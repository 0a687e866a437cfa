#include "kube/watch_cache.h"

#include "base/backoff.h"
#include "base/log.h"
#include "net/sleep.h"

#include <charconv>

namespace sluice::kube {
namespace {

constexpr int64_t kPageSize = 500;
constexpr Backoff::Limits kRetry{.first = std::chrono::milliseconds(100),
                                 .longest = std::chrono::seconds(10)};
/// A watch that lasted this long was no failure: listing anew after it need not wait.
constexpr Duration kHealthyWatch = std::chrono::seconds(10);
/// Waits need no spreading here: one cache's retries hit the server no harder than its watch.
constexpr double kNoJitter = 1.0;

/// 0 where the version is no number.
uint64_t version_number(const std::string& version) {
  uint64_t number = 0;
  std::from_chars(version.data(), version.data() + version.size(), number);
  return number;
}

uint64_t version_of(const ObjectPtr& object) {
  return version_number(object->meta.resource_version);
}

}  // namespace

size_t WatchCache::KeyHash::operator()(const ObjectKey& key) const {
  const std::hash<std::string> hash;
  return hash(key.namespace_) * 31 + hash(key.name);
}

WatchCache::WatchCache(ObjectStore& store, Clock& clock, const asio::any_io_executor& executor,
                       Options options)
    : store_(store), clock_(clock), options_(std::move(options)), synced_notifier_(executor) {}

void WatchCache::observe(Observer observer) {
  observers_.push_back(std::move(observer));
}

Awaitable<void> WatchCache::run() {
  Backoff backoff(kRetry);
  while (true) {
    const auto listed = co_await list_all();
    if (listed) {
      const SteadyTime begun = clock_.steady_now();
      const Error ended = co_await follow();
      if (ended.code == ErrorCode::Cancelled) co_return;
      log_debug("watch ended, listing anew",
                {{"resource", options_.resource.plural}, {"error", ended.message}});
      if (clock_.steady_now() - begun >= kHealthyWatch) backoff.reset();
    } else {
      if (listed.error().code == ErrorCode::Cancelled) co_return;
      log_warn("cannot list",
               {{"resource", options_.resource.plural}, {"error", listed.error().message}});
    }
    co_await net::sleep_for(clock_, backoff.next(kNoJitter));
  }
}

Awaitable<void> WatchCache::wait_synced() {
  while (!synced_) co_await synced_notifier_.wait();
}

Awaitable<Result<void>> WatchCache::list_all() {
  std::unordered_set<ObjectKey, KeyHash> listed;
  ListOptions page{.namespace_ = options_.namespace_,
                   .label_selector = options_.label_selector,
                   .field_selector = options_.field_selector,
                   .limit = kPageSize};
  std::string version;
  do {
    auto list = co_await store_.list(options_.resource, page);
    if (!list) co_return fail(list.error());
    for (Object& object : list->items) {
      listed.insert(object.meta.key());
      take(std::make_shared<const Object>(std::move(object)));
    }
    version = list->resource_version;
    page.continue_token = list->continue_token;
  } while (!page.continue_token.empty());

  resource_version_ = version;
  seen_version_ = std::max(seen_version_, version_number(version));
  std::vector<ObjectKey> gone;
  for (const auto& [key, object] : objects_) {
    if (!listed.contains(key) && version_of(object) <= seen_version_) gone.push_back(key);
  }
  for (const ObjectKey& key : gone) drop(key);
  if (!synced_) {
    synced_ = true;
    synced_notifier_.notify();
  }
  co_return Result<void>{};
}

/// Watches from version to version until the history is gone or the watch is cancelled.
Awaitable<Error> WatchCache::follow() {
  Backoff backoff(kRetry);
  while (true) {
    const WatchOptions from{.namespace_ = options_.namespace_,
                            .label_selector = options_.label_selector,
                            .field_selector = options_.field_selector,
                            .resource_version = resource_version_};
    auto watch = co_await store_.watch(options_.resource, from);
    Error ended = watch ? Error{} : watch.error();
    while (watch) {
      auto event = co_await (*watch)->next();
      if (!event) {
        ended = event.error();
        break;
      }
      backoff.reset();
      resource_version_ = event->object.meta.resource_version;
      seen_version_ = std::max(seen_version_, version_number(resource_version_));
      if (event->type == WatchEventType::Bookmark) continue;
      const ObjectKey key = event->object.meta.key();
      if (event->type == WatchEventType::Deleted) {
        drop(key);
      } else {
        take(std::make_shared<const Object>(std::move(event->object)));
      }
    }
    if (ended.code == ErrorCode::Expired || ended.code == ErrorCode::Cancelled) co_return ended;
    co_await net::sleep_for(clock_, backoff.next(kNoJitter));
  }
}

ObjectPtr WatchCache::find(const ObjectKey& key) const {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second;
}

std::vector<ObjectPtr> WatchCache::controlled_by(const std::string& uid) const {
  std::vector<ObjectPtr> owned;
  const auto found = by_controller_.find(uid);
  if (found == by_controller_.end()) return owned;
  for (const ObjectKey& key : found->second) owned.push_back(objects_.at(key));
  return owned;
}

std::vector<ObjectPtr> WatchCache::all() const {
  std::vector<ObjectPtr> list;
  list.reserve(objects_.size());
  for (const auto& [key, object] : objects_) list.push_back(object);
  return list;
}

void WatchCache::learn(Object object) {
  auto learnt = std::make_shared<const Object>(std::move(object));
  // What the watch has passed already and is not held was deleted meanwhile.
  const bool passed = version_of(learnt) != 0 && version_of(learnt) <= seen_version_;
  if (passed && !objects_.contains(learnt->meta.key())) return;
  take(std::move(learnt));
}

void WatchCache::learn_removed(const ObjectKey& key) {
  drop(key);
}

void WatchCache::take(ObjectPtr object) {
  const ObjectKey key = object->meta.key();
  ObjectPtr& held = objects_[key];
  if (held && held->meta.uid == object->meta.uid && version_of(held) >= version_of(object) &&
      version_of(object) != 0) {
    return;
  }
  ObjectPtr before = held;
  if (before) unindex(before);
  held = object;
  index(object);
  announce({key, std::move(before), std::move(object)});
}

void WatchCache::drop(const ObjectKey& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  ObjectPtr before = found->second;
  unindex(before);
  objects_.erase(found);
  announce({key, std::move(before), nullptr});
}

void WatchCache::index(const ObjectPtr& object) {
  if (const OwnerReference* owner = object->meta.controller()) {
    by_controller_[owner->uid].insert(object->meta.key());
  }
}

void WatchCache::unindex(const ObjectPtr& object) {
  const OwnerReference* owner = object->meta.controller();
  if (owner == nullptr) return;
  const auto found = by_controller_.find(owner->uid);
  if (found == by_controller_.end()) return;
  found->second.erase(object->meta.key());
  if (found->second.empty()) by_controller_.erase(found);
}

void WatchCache::announce(const Change& change) {
  for (const Observer& observer : observers_) observer(change);
}

}  // namespace sluice::kube
