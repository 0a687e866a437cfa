#include "local/pods/pod_crew.h"

#include <nlohmann/json.hpp>

namespace sluice::local {

PodCrew::PodCrew(kube::ObjectStore& store, kube::WatchCache& pods, PodFactsMemo& facts,
                 kube::EventRecorder& events)
    : store_(store), pods_(pods), facts_(facts), events_(events) {}

void PodCrew::note(const kube::WatchCache::Change& change) {
  const bool leaving = change.after == nullptr || change.after->meta.deletion_timestamp;
  if (leaving && change.before != nullptr) removed_.erase(change.before->meta.uid);
}

std::vector<OwnedPod> PodCrew::owned_by(const std::string& uid) {
  std::vector<OwnedPod> owned;
  for (const kube::ObjectPtr& pod : pods_.controlled_by(uid)) {
    const bool deleting =
        pod->meta.deletion_timestamp.has_value() || removed_.contains(pod->meta.uid);
    owned.push_back({pod->meta, facts_.of(pod), deleting});
  }
  return owned;
}

asio::awaitable<std::string> PodCrew::create(kube::ObjectPtr owner, int count) {
  const std::string body = make_pod_body(owner->parse().value_or(Json::object()));
  for (int i = 0; i < count; ++i) {
    Result<kube::Object> created =
        co_await store_.create(pods_.resource(), owner->meta.namespace_, body);
    if (!created) {
      const std::string message = created.error().message;
      events_.record(*owner, kube::EventType::Warning, "FailedCreate",
                     "Error creating: " + message);
      co_return message;
    }
    events_.record(*owner, kube::EventType::Normal, "SuccessfulCreate",
                   "Created pod: " + created->meta.name);
    pods_.learn(std::move(*created));
  }
  co_return std::string();
}

asio::awaitable<Result<void>> PodCrew::remove(kube::ObjectPtr owner, std::vector<ObjectMeta> pods) {
  for (const ObjectMeta& pod : pods) {
    kube::RemoveOptions options;
    options.uid = pod.uid;
    removed_.insert(pod.uid);
    const Result<void> removed = co_await store_.remove(pods_.resource(), pod.key(), options);
    if (removed) {
      events_.record(*owner, kube::EventType::Normal, "SuccessfulDelete",
                     "Deleted pod: " + pod.name);
    } else if (removed.error().code != ErrorCode::NotFound) {
      removed_.erase(pod.uid);
      co_return fail(removed.error().within(pod.name));
    }
    const kube::ObjectPtr left = pods_.find(pod.key());
    if (left == nullptr || left->meta.uid != pod.uid || left->meta.deletion_timestamp)
      removed_.erase(pod.uid);
  }
  co_return Result<void>{};
}

OwnerReference controlling_owner(const Json& owner) {
  return {string_at(owner, "apiVersion"),
          string_at(owner, "kind"),
          string_at(owner, "metadata.name"),
          string_at(owner, "metadata.uid"),
          true,
          true};
}

std::string make_pod_body(const Json& owner) {
  const Json* pod_template = find_path(owner, "spec.template");
  Json pod{{"apiVersion", "v1"}, {"kind", "Pod"}};
  Json metadata = Json::object();
  if (pod_template != nullptr) {
    for (const char* field : {"labels", "annotations", "finalizers"}) {
      const Json* value = find_path(*pod_template, std::string("metadata.") + field);
      if (value != nullptr && !value->is_null()) metadata[field] = *value;
    }
    if (const Json* spec = find_path(*pod_template, "spec")) pod["spec"] = *spec;
  }
  metadata["generateName"] = string_at(owner, "metadata.name") + "-";
  metadata["namespace"] = string_at(owner, "metadata.namespace");
  metadata["ownerReferences"] = Json::array({encode_owner_reference(controlling_owner(owner))});
  pod["metadata"] = std::move(metadata);
  return dump_json(pod);
}

}  // namespace sluice::local
