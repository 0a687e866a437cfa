#include "controller/cluster_view.h"

#include "base/ensure.h"
#include "base/object_condition.h"
#include "controller/object_trims.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "kube/api_json.h"
#include "net/process.h"
#include "net/sleep.h"

#include <nlohmann/json.hpp>

#include <set>

namespace sluice::controller {
namespace {

/// What nobody has asked for during this time, or twice it at most, is not held read.
constexpr Duration kCoolEvery = std::chrono::seconds(10);

kube::WatchCache::Options watch(std::string_view group, std::string_view kind,
                                const std::string& namespace_, std::string_view labels = "",
                                kube::Trim trim = trim_object) {
  const kube::Resource* known = kube::find_resource(group, kind);
  SLUICE_ENSURE(known != nullptr, "a watched kind is in the table of resources");
  kube::Resource resource = *known;
  resource.trim = trim;
  return {.resource = resource,
          .namespace_ = resource.namespaced ? namespace_ : "",
          .label_selector = std::string(labels),
          .compact = true};
}

/// Those with the instance's label, or those without one.
std::string labels_of_instance(const std::string& id) {
  const std::string label(crds::kInstanceIdLabel);
  return id.empty() ? "!" + label : label + "=" + id;
}

/// The object's JSON; null where it is no JSON, which no API server sends.
Json document_of(const kube::Object& object) {
  auto document = kube::parse_api_json(*object.json);
  return document ? *std::move(document) : Json();
}

/// Why the ReplicaSet's pods cannot be created, in its controller's words; "" where they can.
std::string replica_failure(const Json& document) {
  const Json* status = find_path(document, "status");
  const bool failed = status != nullptr && has_condition(*status, "ReplicaFailure");
  return failed ? string_at(*find_condition(*status, "ReplicaFailure"), "message") : "";
}

engine::ReplicaSet decode_replica_set(const kube::Object& object) {
  const Json document = document_of(object);
  const Json* pod_template = find_path(document, "spec.template");
  const auto number = [&](std::string_view path, int64_t fallback = 0) {
    return static_cast<int32_t>(int_at(document, path, fallback));
  };
  return {
      .name = object.meta.name,
      .uid = object.meta.uid,
      .spec_replicas = number("spec.replicas", 1),
      .replicas = number("status.replicas"),
      .ready_replicas = number("status.readyReplicas"),
      .available_replicas = number("status.availableReplicas"),
      .labels = object.meta.labels,
      .annotations = object.meta.annotations,
      .created_at = object.meta.creation_timestamp,
      .pod_template = pod_template == nullptr ? nullptr : make_json_text(dump_json(*pod_template)),
      .template_digest = template_digest_of(document),
      .failure = replica_failure(document),
      .deleting = object.meta.deletion_timestamp.has_value()};
}

crds::ServiceFacts decode_service(const kube::Object& object) {
  crds::ServiceFacts facts;
  const Json document = document_of(object);
  if (const Json* selector = find_path(document, "spec.selector");
      selector != nullptr && selector->is_object()) {
    for (const auto& [key, value] : selector->items())
      if (value.is_string()) facts.selector.emplace(key, value.get<std::string>());
  }
  facts.managed_by = object.meta.annotation(crds::kManagedByAnnotation);
  return facts;
}

kube::WatchCache::Options watch_freezes(const std::string& namespace_) {
  kube::WatchCache::Options options = watch("", "ConfigMap", namespace_);
  options.field_selector = "metadata.name=" + std::string(crds::kFreezeName);
  return options;
}

crds::Freeze decode_freeze(const kube::Object& object) {
  return crds::decode_freeze(object.meta, document_of(object));
}

template <typename T, typename DecodeDocument>
typename Memo<T>::Decode from_document(DecodeDocument decode) {
  return [decode](const kube::Object& object) { return decode(document_of(object)); };
}

/// Lets go of what was decoded of an object when the object is gone.
template <typename T>
void forget_deleted(kube::WatchCache& cache, Memo<T>& memo) {
  cache.observe([&memo](const kube::WatchCache::Change& change) {
    if (!change.after) memo.forget(change.key);
  });
}

}  // namespace

ClusterView::ClusterView(kube::ObjectStore& store, Clock& clock,
                         const boost::asio::any_io_executor& executor, const Scope& scope)
    : rollouts(store, clock, executor,
               watch(crds::kGroup, crds::kRollout, scope.namespace_,
                     labels_of_instance(scope.instance_id), trim_rollout)),
      replica_sets(store, clock, executor,
                   watch("apps", "ReplicaSet", scope.namespace_, crds::kPodTemplateHashLabel,
                         trim_replica_set)),
      services(store, clock, executor, watch("", "Service", scope.namespace_, "", trim_service)),
      analysis_runs(store, clock, executor,
                    watch(crds::kGroup, crds::kAnalysisRun, scope.namespace_,
                          labels_of_instance(scope.instance_id))),
      templates(store, clock, executor,
                watch(crds::kGroup, crds::kAnalysisTemplate, scope.namespace_)),
      cluster_templates(store, clock, executor,
                        watch(crds::kGroup, crds::kClusterAnalysisTemplate, scope.namespace_)),
      store_(store),
      clock_(clock),
      executor_(executor),
      scope_(scope),
      rollout_memo_(from_document<crds::Decoded<crds::Rollout>>(crds::decode_rollout)),
      replica_set_memo_(decode_replica_set),
      service_memo_(decode_service),
      run_memo_(from_document<crds::Decoded<crds::AnalysisRun>>(crds::decode_analysis_run)),
      template_memo_(
          from_document<crds::Decoded<crds::AnalysisTemplate>>(crds::decode_analysis_template)),
      cluster_template_memo_(
          from_document<crds::Decoded<crds::AnalysisTemplate>>(crds::decode_analysis_template)),
      freeze_memo_(decode_freeze) {
  std::set<std::string> frozen_from{scope.namespace_};
  if (!scope.namespace_.empty() && !scope.namespaced)
    frozen_from.emplace(crds::kFreezeAllNamespace);
  for (const std::string& from : frozen_from) {
    freezes_.push_back(
        std::make_unique<kube::WatchCache>(store, clock, executor, watch_freezes(from)));
    forget_deleted(*freezes_.back(), freeze_memo_);
  }
  services.observe([this](const auto& change) { service_managers.note(change); });
  forget_deleted(rollouts, rollout_memo_);
  forget_deleted(replica_sets, replica_set_memo_);
  forget_deleted(services, service_memo_);
  forget_deleted(analysis_runs, run_memo_);
  forget_deleted(templates, template_memo_);
  forget_deleted(cluster_templates, cluster_template_memo_);
}

std::vector<kube::WatchCache*> ClusterView::required() {
  std::vector<kube::WatchCache*> all{&rollouts, &replica_sets, &services, &analysis_runs,
                                     &templates};
  if (!scope_.namespaced) all.push_back(&cluster_templates);
  return all;
}

std::vector<kube::WatchCache*> ClusterView::caches() {
  std::vector<kube::WatchCache*> all = required();
  for (const auto& cache : freezes_) all.push_back(cache.get());
  for (const auto& [gvk, cache] : demanded_) all.push_back(cache.get());
  return all;
}

void ClusterView::start(net::TaskGroup& tasks) {
  tasks_ = &tasks;
  for (kube::WatchCache* cache : required())
    tasks.spawn("watch " + cache->resource().plural, cache->run());
  for (const auto& cache : freezes_) tasks.spawn("watch freezes", cache->run());
  tasks.spawn("cool", cool());
}

boost::asio::awaitable<void> ClusterView::cool() {
  while (true) {
    co_await net::sleep_for(clock_, kCoolEvery);
    bool cooled = false;
    for (kube::WatchCache* cache : caches()) cooled |= cache->cool();
    rollout_memo_.cool();
    replica_set_memo_.cool();
    service_memo_.cool();
    run_memo_.cool();
    template_memo_.cool();
    cluster_template_memo_.cool();
    freeze_memo_.cool();
    template_sums.clear();
    if (cooled) net::return_freed_memory();
  }
}

boost::asio::awaitable<void> ClusterView::wait_synced() {
  for (kube::WatchCache* cache : required())
    if (cache != &cluster_templates) co_await cache->wait_synced();
  // What is merely not listed yet must not pass for what does not exist.
  if (!scope_.namespaced) co_await cluster_templates.wait_answered();
  for (const auto& cache : freezes_) co_await cache->wait_answered();
}

void ClusterView::let_rest(const ObjectMeta& rollout,
                           const std::set<traffic::ObjectRef>& looked_at) {
  rollout_memo_.forget(rollout.key());
  template_sums.forget(rollout.key());
  rollouts.let_rest(rollout.key());
  for (const ObjectKey& key : replica_sets.keys_controlled_by(rollout.uid)) {
    replica_set_memo_.forget(key);
    replica_sets.let_rest(key);
  }
  for (const ObjectKey& key : analysis_runs.keys_controlled_by(rollout.uid)) {
    run_memo_.forget(key);
    analysis_runs.let_rest(key);
  }
  for (const traffic::ObjectRef& ref : looked_at) {
    kube::WatchCache* cache = cache_of(ref.gvk);
    if (cache == nullptr || cache == &templates || cache == &cluster_templates) continue;
    if (cache == &services) service_memo_.forget(ref.key);
    cache->let_rest(ref.key);
  }
}

bool ClusterView::demand(const traffic::ObjectKind& kind) {
  std::unique_ptr<kube::WatchCache>& cache = demanded_[kind.gvk];
  if (!cache) {
    SLUICE_ENSURE(tasks_ != nullptr, "kinds are demanded of a view that has been started");
    cache = std::make_unique<kube::WatchCache>(
        store_, clock_, executor_,
        kube::WatchCache::Options{
            .resource = {.gvk = kind.gvk, .plural = kind.plural, .trim = trim_object},
            .namespace_ = scope_.namespace_,
            .label_selector = "",
            .field_selector = "",
            .compact = true});
    cache->observe([this, gvk = kind.gvk](const kube::WatchCache::Change& change) {
      if (changed_) changed_(gvk, change);
    });
    tasks_->spawn("watch " + kind.plural, cache->run());
    tasks_->spawn("first list of " + kind.plural, announce_answer(cache.get()));
  }
  return cache->answered();
}

boost::asio::awaitable<void> ClusterView::announce_answer(kube::WatchCache* cache) {
  co_await cache->wait_answered();
  if (answered_) answered_();
}

void ClusterView::observe_demanded(KindObserver changed, std::function<void()> answered) {
  changed_ = std::move(changed);
  answered_ = std::move(answered);
}

std::vector<std::shared_ptr<void>> ClusterView::subscribe_freezes(
    const std::function<void(const std::string& namespace_)>& changed) {
  std::vector<std::shared_ptr<void>> subscriptions;
  for (const auto& cache : freezes_) {
    subscriptions.push_back(
        cache->subscribe([changed](const auto& change) { changed(change.key.namespace_); }));
    for (const ObjectKey& freeze : cache->keys()) changed(freeze.namespace_);
  }
  return subscriptions;
}

std::vector<crds::Freeze> ClusterView::freezes_of(const std::string& namespace_) {
  std::vector<crds::Freeze> freezes;
  for (const std::string& from :
       std::set<std::string>{std::string(crds::kFreezeAllNamespace), namespace_}) {
    for (const auto& cache : freezes_) {
      const auto object = cache->find({from, std::string(crds::kFreezeName)});
      if (object) freezes.push_back(*freeze_memo_.get(object));
    }
  }
  return freezes;
}

RolloutPtr ClusterView::rollout(const ObjectKey& key) {
  const auto object = rollouts.find(key);
  return object ? rollout_memo_.get(object) : nullptr;
}

AnalysisRunPtr ClusterView::analysis_run(const ObjectKey& key) {
  const auto object = analysis_runs.find(key);
  return object ? run_memo_.get(object) : nullptr;
}

AnalysisRunPtr ClusterView::analysis_run(const kube::ObjectPtr& object) {
  return run_memo_.get(object);
}

TemplatePtr ClusterView::analysis_template(const crds::TemplateRef& ref,
                                           const std::string& namespace_) {
  const auto object = ref.cluster_scope ? cluster_templates.find({"", ref.template_name})
                                        : templates.find({namespace_, ref.template_name});
  if (!object) return nullptr;
  return ref.cluster_scope ? cluster_template_memo_.get(object) : template_memo_.get(object);
}

std::shared_ptr<const crds::ServiceFacts> ClusterView::service(const ObjectKey& key) {
  const auto object = services.find(key);
  return object ? service_memo_.get(object) : nullptr;
}

std::shared_ptr<const engine::ReplicaSet> ClusterView::replica_set(const kube::ObjectPtr& object) {
  return replica_set_memo_.get(object);
}

kube::WatchCache* ClusterView::cache_of(const GroupVersionKind& gvk) {
  if (const auto found = demanded_.find(gvk); found != demanded_.end()) return found->second.get();
  for (kube::WatchCache* cache : required())
    if (cache->resource().gvk == gvk) return cache;
  return nullptr;
}

}  // namespace sluice::controller
