#include "kube/watch_cache.h"

#include "base/backoff.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/whole_number.h"
#include "kube/outage_log.h"
#include "net/sleep.h"
#include "net/turn.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sluice::kube {
namespace {

/// A page is read in one turn of the loop, and is all in memory then.
constexpr int64_t kPageSize = 100;
/// How much smaller the next try is where a page of large objects is over the bound of an answer.
constexpr int64_t kPageShrink = 8;
constexpr Backoff::Limits kWatchRetry{.first = std::chrono::milliseconds(100),
                                      .longest = std::chrono::seconds(10)};
/// A watch that lasted this long was no failure: the next one need not wait.
constexpr Duration kHealthyWatch = std::chrono::seconds(10);
/// Waits need no spreading here: one cache's retries hit the server no harder than its watch.
constexpr double kNoJitter = 1.0;

/// Own writes whose echo by the watch is awaited.
constexpr size_t kOwnVersionsMax = 4096;

/// 0 where the version is no number.
uint64_t version_number(const std::string& version) {
  return whole_number<uint64_t>(version).value_or(0);
}

uint64_t version_of(const Object& object) {
  return version_number(object.meta.resource_version);
}

}  // namespace

size_t WatchCache::KeyHash::operator()(const ObjectKey& key) const {
  const std::hash<std::string> hash;
  return hash(key.namespace_) * 31 + hash(key.name);
}

WatchCache::WatchCache(ObjectStore& store, Clock& clock, const asio::any_io_executor& executor,
                       Options options)
    : store_(store), clock_(clock), options_(std::move(options)), answered_notifier_(executor) {}

void WatchCache::observe(Observer observer) {
  observers_.push_back(std::move(observer));
}

std::shared_ptr<void> WatchCache::subscribe(Observer observer) {
  auto subscriber = std::make_shared<Observer>(std::move(observer));
  subscribers_.push_back(subscriber);
  return subscriber;
}

Awaitable<void> WatchCache::run() {
  Backoff backoff(kWatchRetry);
  OnceLog listing(options_.resource.plural, "cannot list");
  OnceLog watching(options_.resource.plural, "cannot watch, listing anew");
  while (true) {
    const auto listed = co_await list_all();
    Error ended = listed ? Error{} : listed.error();
    if (listed) {
      listing.passed();
      const SteadyTime begun = clock_.steady_now();
      ended = co_await follow();
      if (clock_.steady_now() - begun >= kHealthyWatch) {
        backoff.reset();
        watching.passed();
      }
    }
    // Where this task was cancelled, the wait below throws.
    const bool amiss = ended.code != ErrorCode::Cancelled && ended.code != ErrorCode::Expired;
    if (amiss) {
      trouble_ = ended;
      (listed ? watching : listing).failed(ended);
    }
    if (amiss && !is_transient(ended.code)) note_answer();
    co_await net::sleep_for(clock_, backoff.next(kNoJitter));
  }
}

Awaitable<void> WatchCache::wait_synced() {
  while (!synced_) co_await answered_notifier_.wait();
}

Awaitable<void> WatchCache::wait_answered() {
  while (!answered_) co_await answered_notifier_.wait();
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
    while (!list && list.error().code == ErrorCode::Invalid && page.limit > 1) {
      page.limit = std::max<int64_t>(1, page.limit / kPageShrink);
      list = co_await store_.list(options_.resource, page);
    }
    if (!list) co_return fail(list.error());
    begin_anew_after(list->resource_version);
    for (Object& object : list->items) {
      co_await net::take_turn_of_loop();
      net::this_turn_does("takes in a list of", options_.resource.plural);
      listed.insert(object.meta.key());
      take(std::make_shared<const Object>(std::move(object)));
    }
    version = list->resource_version;
    page.continue_token = list->continue_token;
  } while (!page.continue_token.empty());

  resource_version_ = version;
  seen_version_ = std::max(seen_version_, version_number(version));
  std::vector<ObjectKey> gone;
  for (const auto& [key, held] : objects_)
    if (!listed.contains(key) && held.version <= seen_version_) gone.push_back(key);
  for (const ObjectKey& key : gone) drop(key);
  synced_ = true;
  trouble_.reset();
  note_answer();
  co_return Result<void>{};
}

void WatchCache::note_answer() {
  answered_ = true;
  answered_notifier_.notify();
}

/// Lists are up to date when they are asked for: one that is older than what was told before comes
/// from another history, whose versions cannot be compared with ours.
void WatchCache::begin_anew_after(const std::string& listed_version) {
  const uint64_t version = version_number(listed_version);
  if (version == 0 || version >= seen_version_) return;
  log_warn("the cluster was made anew", {{"resource", options_.resource.plural}});
  seen_version_ = 0;
  own_versions_.clear();
  for (const ObjectKey& key : keys()) drop(key);
}

/// Watches from version to version until the history is gone, or the watch is refused, ended for
/// good or cancelled. Who may list but not watch is told of changes by lists at least.
Awaitable<Error> WatchCache::follow() {
  Backoff backoff(kWatchRetry);
  OutageLog outage(options_.resource.plural);
  while (true) {
    const WatchOptions from{.namespace_ = options_.namespace_,
                            .label_selector = options_.label_selector,
                            .field_selector = options_.field_selector,
                            .resource_version = resource_version_,
                            .known = [this](std::string_view version) {
                              return own_versions_.erase(std::string(version)) > 0;
                            }};
    const SteadyTime begun = clock_.steady_now();
    auto watch = co_await store_.watch(options_.resource, from);
    Error ended = watch ? Error{} : watch.error();
    const bool gone = ended.code == ErrorCode::Expired;
    if (watch || gone || !is_transient(ended.code)) {
      outage.answered();
      trouble_.reset();
    } else {
      outage.failed(ended, clock_.steady_now());
      trouble_ = ended;
    }
    if (watch) ended = co_await take_events(std::move(*watch));
    if (ended.code == ErrorCode::Expired || !is_transient(ended.code)) co_return ended;
    const bool served = resource_version_ != from.resource_version ||
                        (watch && clock_.steady_now() - begun >= kHealthyWatch);
    if (served) backoff.reset();
    log_debug("watch ended, going on",
              {{"resource", options_.resource.plural}, {"error", ended.message}});
    co_await net::sleep_for(clock_, backoff.next(kNoJitter));
  }
}

Awaitable<Error> WatchCache::take_events(std::unique_ptr<Watch> watch) {
  while (true) {
    auto event = co_await watch->next();
    if (!event) co_return event.error();
    take_event(*std::move(event));
  }
}

void WatchCache::take_event(WatchEvent event) {
  const ObjectMeta& meta = event.object.meta;
  const uint64_t version = version_number(meta.resource_version);
  if (!meta.resource_version.empty()) resource_version_ = meta.resource_version;
  seen_version_ = std::max(seen_version_, version);
  if (event.type == WatchEventType::Bookmark) return;
  const ObjectKey key = meta.key();
  if (event.type != WatchEventType::Deleted) {
    take(std::make_shared<const Object>(std::move(event.object)));
    return;
  }
  // What was made anew under that name, and is known from an own write, outlives its namesake.
  const auto held = objects_.find(key);
  if (held != objects_.end() && held->second.version <= version) drop(key);
}

/// Reads the text where its object is not at hand.
const ObjectPtr& WatchCache::at_hand(Objects::value_type& entry) {
  auto& [key, held] = entry;
  held.asked = true;
  if (held.object) return held.object;
  while (at_hand_.size() >= kAtHandMax) cool();
  auto read = read_object(held.text);
  SLUICE_ENSURE(read.has_value(), "a cache can read what it has written");
  held.object = std::make_shared<const Object>(*std::move(read));
  at_hand_.push_back(key);
  return held.object;
}

bool WatchCache::cool() {
  const size_t before = at_hand_.size();
  std::erase_if(at_hand_, [this](const ObjectKey& key) {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return true;
    if (std::exchange(found->second.asked, false)) return false;
    found->second.object.reset();
    return true;
  });
  return at_hand_.size() < before;
}

ObjectPtr WatchCache::find(const ObjectKey& key) {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : at_hand(*found);
}

std::vector<ObjectPtr> WatchCache::controlled_by(const std::string& uid) {
  std::vector<ObjectPtr> owned;
  const auto found = by_controller_.find(uid);
  if (found == by_controller_.end()) return owned;
  owned.reserve(found->second.size());
  for (Objects::value_type* entry : found->second) owned.push_back(at_hand(*entry));
  return owned;
}

std::vector<ObjectPtr> WatchCache::all() {
  std::vector<ObjectPtr> list;
  list.reserve(objects_.size());
  for (auto& entry : objects_) list.push_back(at_hand(entry));
  return list;
}

std::vector<ObjectKey> WatchCache::keys_controlled_by(const std::string& uid) const {
  std::vector<ObjectKey> keys;
  const auto found = by_controller_.find(uid);
  if (found == by_controller_.end()) return keys;
  for (const Objects::value_type* entry : found->second) keys.push_back(entry->first);
  return keys;
}

void WatchCache::let_rest(const ObjectKey& key) {
  const auto found = objects_.find(key);
  if (!options_.compact || found == objects_.end()) return;
  found->second.object.reset();
  found->second.asked = false;
}

std::vector<ObjectKey> WatchCache::keys() const {
  std::vector<ObjectKey> keys;
  keys.reserve(objects_.size());
  for (const auto& [key, held] : objects_) keys.push_back(key);
  std::ranges::sort(keys);
  return keys;
}

void WatchCache::learn(Object object) {
  auto learnt = std::make_shared<const Object>(std::move(object));
  // What the watch has passed already and is not held was deleted meanwhile.
  const bool passed = version_of(*learnt) != 0 && version_of(*learnt) <= seen_version_;
  if (passed && !objects_.contains(learnt->meta.key())) return;
  if (own_versions_.size() >= kOwnVersionsMax) own_versions_.clear();
  if (!passed) own_versions_.insert(learnt->meta.resource_version);
  take(std::move(learnt));
}

void WatchCache::learn_removed(const ObjectKey& key, const std::string& uid) {
  const ObjectPtr held = find(key);
  if (held && held->meta.uid == uid) drop(key);
}

Awaitable<void> WatchCache::refresh(ObjectKey key) {
  const ObjectPtr before = find(key);
  auto current = co_await store_.get(options_.resource, key);
  if (current)
    learn(*std::move(current));
  else if (current.error().code == ErrorCode::NotFound && before)
    learn_removed(key, before->meta.uid);
}

void WatchCache::take(ObjectPtr object) {
  const ObjectKey key = object->meta.key();
  const uint64_t version = version_of(*object);
  const auto [found, is_new] = objects_.try_emplace(key);
  Held& held = found->second;
  if (!is_new && held.version >= version && version != 0) return;
  ObjectPtr before = is_new ? nullptr : at_hand(*found);
  if (before) unindex(*found, *before);
  index(*found, *object);
  held.version = version;
  held.text = object->json;
  // What is told of for the first time, a list's most of all, need not be looked at soon.
  held.object = is_new && options_.compact ? nullptr : object;
  announce({key, std::move(before), std::move(object)});
}

void WatchCache::drop(const ObjectKey& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  ObjectPtr before = at_hand(*found);
  unindex(*found, *before);
  objects_.erase(found);
  announce({key, std::move(before), nullptr});
}

void WatchCache::index(Objects::value_type& entry, const Object& object) {
  if (const OwnerReference* owner = object.meta.controller())
    by_controller_[owner->uid].push_back(&entry);
}

void WatchCache::unindex(Objects::value_type& entry, const Object& object) {
  const OwnerReference* owner = object.meta.controller();
  if (owner == nullptr) return;
  const auto found = by_controller_.find(owner->uid);
  if (found == by_controller_.end()) return;
  std::erase(found->second, &entry);
  if (found->second.empty()) by_controller_.erase(found);
}

void WatchCache::announce(const Change& change) {
  for (const Observer& observer : observers_) observer(change);
  std::erase_if(subscribers_, [](const auto& subscriber) { return subscriber.expired(); });
  for (const auto& subscriber : subscribers_)
    if (const auto held = subscriber.lock()) (*held)(change);
}

}  // namespace sluice::kube
