#include "controller/object_writer.h"

#include <utility>

namespace sluice::controller {
namespace {

bool is_behind(kube::PatchType type, ErrorCode code) {
  return code == ErrorCode::Conflict || code == ErrorCode::NotFound ||
         (type == kube::PatchType::Json && code == ErrorCode::Invalid);
}

}  // namespace

Owner make_owner(const GroupVersionKind& gvk, const ObjectMeta& meta,
                 std::set<std::string>* names_taken) {
  return {.reference = {.api_version = gvk.api_version(),
                        .kind = gvk.kind,
                        .name = meta.name,
                        .uid = meta.uid,
                        .controller = true,
                        .block_owner_deletion = true},
          .namespace_ = meta.namespace_,
          .names_taken = names_taken};
}

kube::Awaitable<Result<void>> ObjectWriter::create(kube::WatchCache& cache, Owner owner,
                                                   std::string name, std::string body,
                                                   kube::CreateOptions options) {
  const kube::WriteLine::Pass pass = co_await line_.enter(rank_);
  auto made = co_await store_.create(cache.resource(), owner.namespace_, std::move(body), options);
  if (!made && made.error().code == ErrorCode::AlreadyExists)
    made = co_await own_namesake(cache, owner, name);
  if (!made) co_return fail(made.error());
  cache.learn(*std::move(made));
  co_return Result<void>{};
}

kube::Awaitable<Result<kube::Object>> ObjectWriter::own_namesake(kube::WatchCache& cache,
                                                                 Owner owner, std::string name) {
  auto existing = co_await store_.get(cache.resource(), {owner.namespace_, name});
  if (!existing && existing.error().code == ErrorCode::NotFound)
    co_return fail(conflict(existing.error().message));
  if (!existing) co_return fail(existing.error());
  const OwnerReference* controller = existing->meta.controller();
  if (controller != nullptr && controller->uid == owner.reference.uid) co_return existing;
  owner.names_taken->insert(name);
  co_return fail(conflict(cache.resource().gvk.kind + " " + name + ": somebody else's"));
}

kube::Awaitable<Result<kube::Object>> ObjectWriter::try_create(kube::WatchCache& cache,
                                                               std::string namespace_,
                                                               std::string body) {
  const kube::WriteLine::Pass pass = co_await line_.enter(rank_);
  const kube::CreateOptions options{.dry_run = true, .strict = true};
  co_return co_await store_.create(cache.resource(), std::move(namespace_), std::move(body),
                                   options);
}

kube::Awaitable<Result<std::string>> ObjectWriter::patch(kube::WatchCache& cache, ObjectKey key,
                                                         kube::PatchType type, std::string body,
                                                         kube::PatchOptions options) {
  const kube::WriteLine::Pass pass = co_await line_.enter(rank_);
  auto patched = co_await store_.patch(cache.resource(), key, type, std::move(body), options);
  if (!patched) {
    if (is_behind(type, patched.error().code)) co_await cache.refresh(key);
    co_return fail(patched.error());
  }
  std::string version = patched->meta.resource_version;
  cache.learn(*std::move(patched));
  co_return version;
}

kube::Awaitable<Result<void>> ObjectWriter::remove(kube::WatchCache& cache, ObjectKey key,
                                                   std::string uid) {
  const kube::WriteLine::Pass pass = co_await line_.enter(rank_);
  const kube::RemoveOptions options{.uid = uid};
  const auto removed = co_await store_.remove(cache.resource(), key, options);
  if (!removed && removed.error().code != ErrorCode::NotFound) {
    if (removed.error().code == ErrorCode::Conflict) co_await cache.refresh(key);
    co_return fail(removed.error());
  }
  cache.learn_removed(key, uid);
  co_return Result<void>{};
}

}  // namespace sluice::controller
