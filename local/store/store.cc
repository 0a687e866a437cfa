#include "local/store/store.h"

#include "local/store/eviction.h"
#include "local/store/watch_wait.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

Result<ResourceTypePtr> type_of(const Registry& registry, const kube::Resource& resource) {
  ResourceTypePtr type =
      registry.find_type(resource.gvk.group, resource.gvk.version, resource.plural);
  if (!type) {
    return fail(
        not_found(fmt::format("{} {} is not served", resource.gvk.api_version(), resource.plural)));
  }
  return type;
}

std::unexpected<Error> refuse(const ApiError& error) {
  return std::unexpected(to_error(error));
}

/// The patch with its preconditions inside: the registry refuses it where they do not hold.
Result<std::string> with_preconditions(std::string body, kube::PatchType type,
                                       const kube::PatchOptions& options) {
  if (options.resource_version.empty() && options.uid.empty()) return body;
  auto patch = parse_json(body);
  if (!patch) return fail(patch.error().within("patch"));
  const auto demand = [&](const char* field, const std::string& value) {
    if (value.empty()) return;
    if (type == kube::PatchType::Json) {
      patch->insert(
          patch->begin(),
          {{"op", "test"}, {"path", fmt::format("/metadata/{}", field)}, {"value", value}});
    } else {
      (*patch)["metadata"][field] = value;
    }
  };
  if (patch->is_array() != (type == kube::PatchType::Json))
    return fail(invalid("the patch is not of its type"));
  demand("resourceVersion", options.resource_version);
  demand("uid", options.uid);
  return dump_json(*patch);
}

/// A watch of the registry's own queue.
class LocalWatch : public kube::Watch {
 public:
  LocalWatch(std::shared_ptr<Subscription> subscription, kube::Trim trim,
             std::shared_ptr<TrimmedObjects> trimmed)
      : subscription_(std::move(subscription)), trim_(trim), trimmed_(std::move(trimmed)) {}

  kube::Awaitable<Result<kube::WatchEvent>> next() override {
    const std::shared_ptr<Subscription> subscription = subscription_;
    while (true) {
      if (auto item = subscription->poll())
        co_return kube::WatchEvent{item->type, trimmed_->get(item->object, trim_)};
      if (const auto end = subscription->ended()) co_return refuse(*end);
      co_await wait_until_ready(subscription, Duration::max());
    }
  }

 private:
  std::shared_ptr<Subscription> subscription_;
  kube::Trim trim_;
  std::shared_ptr<TrimmedObjects> trimmed_;
};

}  // namespace

kube::Awaitable<Result<kube::Object>> Store::get(kube::Resource resource, ObjectKey key) {
  const auto type = type_of(registry_, resource);
  if (!type) co_return fail(type.error());
  const auto object = registry_.get(**type, key);
  if (!object) co_return refuse(object.error());
  co_return trimmed_->get(*object, resource.trim);
}

kube::Awaitable<Result<kube::ObjectList>> Store::list(kube::Resource resource,
                                                      kube::ListOptions options) {
  const auto type = type_of(registry_, resource);
  if (!type) co_return fail(type.error());
  const auto page = registry_.list(**type, {.namespace_ = options.namespace_,
                                            .label_selector = options.label_selector,
                                            .field_selector = options.field_selector,
                                            .limit = options.limit,
                                            .continue_token = options.continue_token,
                                            .resource_version = ""});
  if (!page) co_return refuse(page.error());
  kube::ObjectList list;
  list.items.reserve(page->items.size());
  for (const ObjectPtr& item : page->items)
    list.items.push_back(trimmed_->get(item, resource.trim));
  list.resource_version = page->resource_version;
  list.continue_token = page->continue_token;
  co_return list;
}

kube::Awaitable<Result<std::unique_ptr<kube::Watch>>> Store::watch(kube::Resource resource,
                                                                   kube::WatchOptions options) {
  const auto type = type_of(registry_, resource);
  if (!type) co_return fail(type.error());
  auto subscription = registry_.watch(**type, {.namespace_ = options.namespace_,
                                               .label_selector = options.label_selector,
                                               .field_selector = options.field_selector,
                                               .resource_version = options.resource_version});
  if (!subscription) co_return refuse(subscription.error());
  co_return std::make_unique<LocalWatch>(std::move(*subscription), resource.trim, trimmed_);
}

kube::Awaitable<Result<kube::Object>> Store::create(kube::Resource resource, std::string namespace_,
                                                    std::string body, kube::CreateOptions options) {
  const auto type = type_of(registry_, resource);
  if (!type) co_return fail(type.error());
  WriteOptions write;
  write.dry_run = options.dry_run;
  if (options.strict) write.field_validation = FieldValidation::Strict;
  const auto made = registry_.create(**type, namespace_, body, write);
  if (!made) co_return refuse(made.error());
  co_return trimmed_->get(made->object, resource.trim);
}

kube::Awaitable<Result<kube::Object>> Store::patch(kube::Resource resource, ObjectKey key,
                                                   kube::PatchType type, std::string body,
                                                   kube::PatchOptions options) {
  const auto resource_type = type_of(registry_, resource);
  if (!resource_type) co_return fail(resource_type.error());
  const auto text = with_preconditions(std::move(body), type, options);
  if (!text) co_return fail(text.error());
  const auto patched = registry_.patch(**resource_type, key, options.subresource, type, *text);
  if (!patched) {
    // A uid that differs is refused as immutable: to a caller with a precondition it is a conflict.
    const bool other = !options.uid.empty() && patched.error().code == 422;
    const auto now = registry_.get(**resource_type, key);
    if (other && now && (*now)->meta.uid != options.uid)
      co_return fail(conflict(fmt::format("{} is another object now", key.to_string())));
    co_return refuse(patched.error());
  }
  co_return trimmed_->get(patched->object, resource.trim);
}

kube::Awaitable<Result<void>> Store::remove(kube::Resource resource, ObjectKey key,
                                            kube::RemoveOptions options) {
  const auto type = type_of(registry_, resource);
  if (!type) co_return fail(type.error());
  const DeleteOptions how{.propagation = options.propagation,
                          .grace_period_seconds = options.grace_period_seconds,
                          .uid = options.uid,
                          .resource_version = options.resource_version};
  const auto removed =
      options.evict ? evict(registry_, key, how) : registry_.remove(**type, key, how);
  if (!removed) co_return refuse(removed.error());
  co_return Result<void>{};
}

kube::Awaitable<Result<std::string>> Store::pod_log(ObjectKey pod, std::string container,
                                                    size_t bytes_max) {
  if (logs_ == nullptr) co_return fail(not_found("pods write no logs here"));
  PodLogQuery query;
  query.container = std::move(container);
  auto stream = co_await logs_->open(std::move(pod), std::move(query));
  if (!stream) co_return fail(stream.error());
  std::string text;
  while (true) {
    auto piece = co_await (*stream)->read();
    if (!piece) co_return fail(piece.error());
    if (!*piece) co_return text;
    text += **piece;
    if (text.size() > bytes_max) text.erase(0, text.size() - bytes_max);
  }
}

}  // namespace sluice::local
