#include "local/pods/endpoints_controller.h"

#include "local/pods/status_write.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

/// The Service that a slice of ours belongs to.
std::string service_of(const kube::Object& slice) {
  return slice.meta.label(kManagedByLabel) == kManagedByUs ? slice.meta.label(kServiceNameLabel)
                                                           : "";
}

/// What must change in a slice, as a merge patch; empty where all is right.
Json slice_patch(const Json& present, const Json& wanted) {
  Json patch = Json::object();
  for (const char* field : {"endpoints", "ports"}) {
    const Json* value = find_path(present, field);
    const bool same = value == nullptr ? wanted.at(field).empty() : *value == wanted.at(field);
    if (!same) patch[field] = wanted.at(field);
  }
  const Json* labels = find_path(present, "metadata.labels");
  const Json& wanted_labels = wanted.at("metadata").at("labels");
  if (labels == nullptr || *labels != wanted_labels) {
    patch["metadata"]["labels"] =
        make_merge_patch(labels == nullptr ? Json::object() : *labels, wanted_labels);
  }
  return patch;
}

}  // namespace

EndpointsController::EndpointsController(kube::ObjectStore& store, Clock& clock,
                                         const asio::any_io_executor& executor,
                                         kube::WatchCache& services, kube::WatchCache& pods,
                                         kube::WatchCache& slices, PodFactsMemo& facts)
    : store_(store),
      services_(services),
      pods_(pods),
      slices_(slices),
      facts_(facts),
      loop_(clock, executor, "EndpointSlices of Service",
            [this](ObjectKey key) { return look(std::move(key)); }) {
  services_.observe([this](const kube::WatchCache::Change& change) { service_changed(change); });
  pods_.observe([this](const kube::WatchCache::Change& change) { pod_changed(change); });
  slices_.observe([this](const kube::WatchCache::Change& change) { slice_changed(change); });
}

void EndpointsController::service_changed(const kube::WatchCache::Change& change) {
  by_service_.erase(change.key);
  if (change.after != nullptr) {
    const Result<Json> document = change.after->parse();
    by_service_[change.key] = document ? decode_service_facts(*document) : ServiceFacts{};
    loop_.add(change.key);
  }
}

void EndpointsController::pod_changed(const kube::WatchCache::Change& change) {
  auto& pods = pods_by_namespace_[change.key.namespace_];
  if (change.after != nullptr)
    pods[change.key] = change.after;
  else
    pods.erase(change.key);
  const ObjectKey first{change.key.namespace_, ""};
  for (auto service = by_service_.lower_bound(first);
       service != by_service_.end() && service->first.namespace_ == change.key.namespace_;
       ++service) {
    const ServiceFacts& facts = service->second;
    if ((change.before != nullptr && facts.selects(change.before->meta)) ||
        (change.after != nullptr && facts.selects(change.after->meta))) {
      loop_.add(service->first);
    }
  }
}

/// Slices that somebody else changed or deleted are put right.
void EndpointsController::slice_changed(const kube::WatchCache::Change& change) {
  const kube::ObjectPtr& slice = change.after != nullptr ? change.after : change.before;
  if (slice != nullptr && !service_of(*slice).empty())
    loop_.add({change.key.namespace_, service_of(*slice)});
}

asio::awaitable<void> EndpointsController::run() {
  co_await services_.wait_synced();
  co_await pods_.wait_synced();
  co_await slices_.wait_synced();
  co_await loop_.work();
}

std::vector<EndpointPod> EndpointsController::selected_pods(const ObjectKey& service,
                                                            const ServiceFacts& facts) {
  std::vector<EndpointPod> selected;
  for (const auto& [key, pod] : pods_by_namespace_[service.namespace_])
    if (facts.selects(pod->meta)) selected.push_back({pod->meta, facts_.of(pod)});
  return selected;
}

asio::awaitable<Result<kube::Looked>> EndpointsController::look(ObjectKey key) {
  const kube::ObjectPtr service = services_.find(key);
  const auto known = by_service_.find(key);
  if (service == nullptr || known == by_service_.end() || known->second.selector.empty() ||
      service->meta.deletion_timestamp) {
    co_return kube::Looked{};
  }
  const std::vector<EndpointSliceSpec> wanted =
      render_endpoint_slices(service->meta, known->second, selected_pods(key, known->second));
  for (const EndpointSliceSpec& slice : wanted) {
    const Result<void> applied = co_await apply(service, slice);
    if (!applied) co_return fail(applied.error());
  }
  const Result<void> removed = co_await remove_others(service, wanted);
  if (!removed) co_return fail(removed.error());
  co_return kube::Looked{};
}

asio::awaitable<Result<void>> EndpointsController::apply(kube::ObjectPtr service,
                                                         EndpointSliceSpec wanted) {
  const Json body = make_endpoint_slice(service->meta, wanted);
  const ObjectKey key{service->meta.namespace_, wanted.name};
  const kube::ObjectPtr present = slices_.find(key);
  if (present == nullptr) {
    Result<kube::Object> created =
        co_await store_.create(slices_.resource(), key.namespace_, dump_json(body));
    if (created) {
      slices_.learn(std::move(*created));
      co_return Result<void>{};
    }
    co_return fail(created.error().within(wanted.name));
  }
  const Result<Json> document = present->parse();
  const Json patch = document ? slice_patch(*document, body) : body;
  if (patch.empty()) co_return Result<void>{};
  kube::PatchOptions options;
  options.uid = present->meta.uid;
  Result<kube::Object> patched = co_await store_.patch(
      slices_.resource(), key, kube::PatchType::Merge, dump_json(patch), options);
  if (patched) {
    slices_.learn(std::move(*patched));
    co_return Result<void>{};
  }
  co_return fail(patched.error().within(wanted.name));
}

asio::awaitable<Result<void>> EndpointsController::remove_others(
    kube::ObjectPtr service, std::vector<EndpointSliceSpec> wanted) {
  for (const kube::ObjectPtr& slice : slices_.controlled_by(service->meta.uid)) {
    const bool kept = std::any_of(wanted.begin(), wanted.end(), [&](const EndpointSliceSpec& w) {
      return w.name == slice->meta.name;
    });
    if (kept || service_of(*slice) != service->meta.name) continue;
    kube::RemoveOptions options;
    options.uid = slice->meta.uid;
    const Result<void> removed =
        co_await store_.remove(slices_.resource(), slice->meta.key(), options);
    if (!removed && !has_vanished(removed.error()))
      co_return fail(removed.error().within(slice->meta.name));
    slices_.learn_removed(slice->meta.key(), slice->meta.uid);
  }
  co_return Result<void>{};
}

}  // namespace sluice::local
