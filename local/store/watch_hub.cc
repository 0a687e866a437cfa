#include "local/store/watch_hub.h"

#include "local/store/registry_stored.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {
namespace {

/// An object that enters or leaves a selector comes and goes for this watch; the one that left is
/// shown as it was, with the version of the change.
ObjectPtr last_seen(const StoredObject& before, const StoredObject& after) {
  Json document = document_of(before);
  document["metadata"]["resourceVersion"] = after.meta.resource_version;
  auto shown = std::make_shared<StoredObject>(before);
  shown->meta.resource_version = after.meta.resource_version;
  shown->version = after.version;
  shown->json = make_json_text(dump_json(document));
  return shown;
}

}  // namespace

Subscription::Subscription(ResourceTypePtr type, std::string scope, Selectors selectors)
    : type_(std::move(type)), namespace_(std::move(scope)), selectors_(std::move(selectors)) {}

std::optional<WatchItem> Subscription::poll() {
  if (queue_.empty()) return std::nullopt;
  WatchItem item = std::move(queue_.front().item);
  bytes_ -= queue_.front().bytes;
  preloaded_ -= std::min<size_t>(preloaded_, 1);
  queue_.pop_front();
  return item;
}

std::optional<ApiError> Subscription::ended() const {
  return queue_.empty() ? end_ : std::nullopt;
}

void Subscription::on_ready(std::function<void()> wake) {
  wake_ = std::move(wake);
}

WatchItem Subscription::bookmark(const std::string& resource_version) const {
  auto object = std::make_shared<StoredObject>();
  object->gvk = type_->gvk();
  object->meta.resource_version = resource_version;
  object->json = make_json_text(dump_json(
      {{"apiVersion", type_->api_version()},
       {"kind", type_->kind},
       {"metadata", {{"resourceVersion", resource_version}, {"creationTimestamp", nullptr}}}}));
  return {kube::WatchEventType::Bookmark, std::move(object)};
}

void Subscription::offer(const Change& change) {
  if (!namespace_.empty() && change.after->meta.namespace_ != namespace_) return;
  const bool was_in = change.before && selectors_.matches(*change.before);
  const bool deleted = change.type == kube::WatchEventType::Deleted;
  const bool is_in = !deleted && selectors_.matches(*change.after);
  if (is_in) {
    const auto kind = was_in ? kube::WatchEventType::Modified : kube::WatchEventType::Added;
    push({kind, in_version(change.after, *type_)});
  } else if (was_in) {
    const ObjectPtr shown = deleted ? change.after : last_seen(*change.before, *change.after);
    push({kube::WatchEventType::Deleted, in_version(shown, *type_)});
  }
}

void Subscription::push(WatchItem item) {
  if (end_) return;
  const auto bytes = static_cast<int64_t>(item.object->json->size());
  if (queue_.size() - preloaded_ >= kWatchQueueMax || bytes_ + bytes > kWatchQueueBytesMax) {
    // Who lists anew has no use for what is queued.
    queue_.clear();
    end(history_expired("the watch was not read fast enough"));
    return;
  }
  bytes_ += bytes;
  queue_.push_back({std::move(item), bytes});
  if (wake_) wake_();
}

void Subscription::preload(WatchItem item) {
  queue_.push_back({std::move(item), 0});
  ++preloaded_;
}

void Subscription::end(ApiError error) {
  if (end_) return;
  end_ = std::move(error);
  if (wake_) wake_();
}

void WatchHub::add(const std::string& storage_name,
                   const std::shared_ptr<Subscription>& subscription) {
  std::vector<std::weak_ptr<Subscription>>& watches = by_type_[storage_name];
  std::erase_if(watches, [](const auto& watch) { return watch.expired(); });
  watches.push_back(subscription);
}

void WatchHub::publish(const Change& change) {
  const auto found = by_type_.find(change.resource->storage_name());
  if (found == by_type_.end()) return;
  for (const auto& watch : found->second)
    if (const auto subscription = watch.lock()) subscription->offer(change);
}

void WatchHub::close(const std::string& storage_name) {
  const auto found = by_type_.find(storage_name);
  if (found == by_type_.end()) return;
  for (const auto& watch : found->second)
    if (const auto subscription = watch.lock())
      subscription->end(history_expired("the type is no longer served"));
  by_type_.erase(found);
}

}  // namespace sluice::local
