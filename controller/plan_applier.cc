#include "controller/plan_applier.h"

#include "controller/rollout_analyses.h"
#include "controller/routes.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::controller {
namespace {

/// How often a routing write that met somebody else's edit is rendered anew.
constexpr int kRoutingTries = 3;

template <typename Map>
Json nullable_map(const Map& entries) {
  Json out = Json::object();
  for (const auto& [key, value] : entries) out[key] = value ? Json(*value) : Json(nullptr);
  return out;
}

Json encode_selector(const crds::LabelSelector& selector) {
  Json out = {{"matchLabels", selector.match_labels}};
  for (const crds::LabelExpression& expression : selector.match_expressions) {
    Json item = {{"key", expression.key}, {"operator", expression.op}};
    if (!expression.values.empty()) item["values"] = expression.values;
    out["matchExpressions"].push_back(std::move(item));
  }
  return out;
}

OwnerReference owner_of(const crds::Rollout& rollout) {
  return {.api_version = std::string(crds::kApiVersion),
          .kind = std::string(crds::kRollout),
          .name = rollout.meta.name,
          .uid = rollout.meta.uid,
          .controller = true,
          .block_owner_deletion = true};
}

Result<std::string> encode_replica_set(const engine::CreateReplicaSet& action,
                                       const crds::Rollout& rollout) {
  auto pod_template = parse_json(action.pod_template ? *action.pod_template : "");
  if (!pod_template) return fail(pod_template.error().within("spec.template"));
  ObjectMeta meta;
  meta.name = action.name;
  meta.namespace_ = rollout.meta.namespace_;
  meta.labels = action.labels;
  meta.annotations = action.annotations;
  meta.owner_references = {owner_of(rollout)};
  Json spec = {{"replicas", action.replicas},
               {"selector", encode_selector(action.selector)},
               {"template", *std::move(pod_template)}};
  if (action.min_ready_seconds > 0) spec["minReadySeconds"] = action.min_ready_seconds;
  return dump_json({{"apiVersion", "apps/v1"},
                    {"kind", "ReplicaSet"},
                    {"metadata", encode_object_meta(meta)},
                    {"spec", std::move(spec)}});
}

kube::Awaitable<Result<void>> nothing_to_do() {
  co_return Result<void>{};
}

}  // namespace

// The short verbs are plain functions that hand their values on to a coroutine.

void PlanApplier::drop_idle_routing(const Target& target, std::vector<engine::Action>& actions) {
  ObjectFinder objects(view_);
  std::erase_if(actions, [&](const engine::Action& action) {
    const auto* traffic = std::get_if<engine::SetTraffic>(&action);
    if (traffic == nullptr) return false;
    const traffic::Routes routes = routes_of(target.rollout->value, *traffic);
    return std::all_of(target.routers->begin(), target.routers->end(), [&](const auto& router) {
      const auto patches = router->render(routes, objects.finder());
      return patches && patches->empty();
    });
  });
}

kube::Awaitable<PlanApplier::Applied> PlanApplier::apply(Target target,
                                                         std::vector<engine::Action> actions) {
  Applied applied;
  for (const engine::Action& action : actions) {
    const std::string doing = engine::to_string(action);
    Result<void>& outcome =
        std::holds_alternative<engine::SetTraffic>(action) ? applied.routes : applied.rest;
    const Result<void> done =
        co_await std::visit([&](const auto& known) { return apply_one(target, known); }, action);
    if (done)
      applied.done.push_back(action);
    else
      outcome = fail(done.error().within(doing));
    if (!applied.rest) break;
  }
  co_return applied;
}

kube::Awaitable<Result<void>> PlanApplier::write_status(RolloutPtr rollout,
                                                        crds::RolloutStatus status,
                                                        std::string version) {
  const Json body = crds::make_status_patch(rollout->value.status, status);
  if (body.empty()) return nothing_to_do();
  const ObjectMeta& meta = rollout->value.meta;
  return patch(view_.rollouts, meta.key(), kube::PatchType::Merge, dump_json(body),
               {.subresource = kube::Subresource::Status,
                .resource_version = std::move(version),
                .uid = meta.uid});
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::SetTraffic action) {
  const traffic::Routes routes = routes_of(target.rollout->value, action);
  Result<void> all;
  for (const auto& router : *target.routers) {
    const auto written = co_await write_routes(router.get(), routes);
    if (!written && all) all = fail(written.error());
  }
  co_return all;
}

PlanApplier::Done PlanApplier::write_routes(const traffic::Router* router, traffic::Routes routes) {
  const kube::PatchOptions unconditional;
  Result<void> all;
  for (int attempt = 0; attempt < kRoutingTries; ++attempt) {
    all = {};
    ObjectFinder objects(view_);
    const auto patches = router->render(routes, objects.finder());
    if (!patches) co_return fail(patches.error());
    for (const traffic::ObjectPatch& change : *patches) {
      kube::WatchCache* cache = view_.cache_of(change.object.gvk);
      const auto written = co_await patch(*cache, change.object.key, kube::PatchType::Json,
                                          change.json_patch, unconditional);
      if (written) continue;
      co_await cache->refresh(change.object.key);
      if (all) all = fail(written.error());
    }
    if (all || is_transient(all.error().code)) break;
  }
  co_return all;
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::PointService action) {
  const crds::Rollout& rollout = target.rollout->value;
  const Json body = {
      {"metadata", {{"annotations", {{crds::kManagedByAnnotation, rollout.meta.name}}}}},
      {"spec", {{"selector", {{crds::kPodTemplateHashLabel, action.hash}}}}}};
  return patch(view_.services, {rollout.meta.namespace_, action.name}, kube::PatchType::Merge,
               dump_json(body), {});
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::CreateReplicaSet action) {
  auto body = encode_replica_set(action, target.rollout->value);
  if (!body) co_return fail(body.error());
  co_return co_await create_owned(view_.replica_sets, target, action.name, *std::move(body));
}

kube::Awaitable<Result<void>> PlanApplier::try_replica_set(Target target,
                                                           engine::CreateReplicaSet action) {
  auto body = encode_replica_set(action, target.rollout->value);
  if (!body) co_return fail(body.error());
  const kube::CreateOptions options{.dry_run = true};
  const auto tried =
      co_await store_.create(view_.replica_sets.resource(), target.rollout->value.meta.namespace_,
                             *std::move(body), options);
  if (tried) co_return Result<void>{};
  co_return fail(tried.error());
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::PatchReplicaSet action) {
  Json body = Json::object();
  if (!action.annotations.empty())
    body["metadata"]["annotations"] = nullable_map(action.annotations);
  if (action.scale) body["spec"]["replicas"] = action.scale->to;
  return patch(view_.replica_sets, {target.rollout->value.meta.namespace_, action.name},
               kube::PatchType::Merge, dump_json(body), {.uid = action.uid});
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::CreateAnalysisRun action) {
  const crds::Rollout& rollout = target.rollout->value;
  const auto run = build_analysis_run(action, rollout, view_);
  if (!run) co_return fail(run.error());
  co_return co_await create_owned(view_.analysis_runs, target, action.name,
                                  dump_json(crds::encode_analysis_run(*run)));
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::TerminateAnalysisRun action) {
  return patch(view_.analysis_runs, {target.rollout->value.meta.namespace_, action.name},
               kube::PatchType::Merge, R"({"spec":{"terminate":true}})", {});
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::DeleteAnalysisRun action) {
  return remove(view_.analysis_runs, {target.rollout->value.meta.namespace_, action.name},
                action.uid);
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::DeleteReplicaSet action) {
  return remove(view_.replica_sets, {target.rollout->value.meta.namespace_, action.name},
                action.uid);
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::AnnotateRollout action) {
  const Json body = {{"metadata", {{"annotations", nullable_map(action.annotations)}}}};
  const ObjectMeta& meta = target.rollout->value.meta;
  // Only onto the version that was planned from: the status that follows stands on the next one.
  const kube::PatchOptions options{.resource_version = *target.version, .uid = meta.uid};
  auto patched = co_await store_.patch(view_.rollouts.resource(), meta.key(),
                                       kube::PatchType::Merge, dump_json(body), options);
  if (!patched) {
    co_await view_.rollouts.refresh(meta.key());
    co_return fail(patched.error());
  }
  *target.version = patched->meta.resource_version;
  view_.rollouts.learn(*std::move(patched));
  co_return Result<void>{};
}

PlanApplier::Done PlanApplier::patch(kube::WatchCache& cache, ObjectKey key, kube::PatchType type,
                                     std::string body, kube::PatchOptions options) {
  auto patched = co_await store_.patch(cache.resource(), key, type, std::move(body), options);
  if (!patched) {
    if (patched.error().code == ErrorCode::Conflict || patched.error().code == ErrorCode::NotFound)
      co_await cache.refresh(key);
    co_return fail(patched.error());
  }
  cache.learn(*std::move(patched));
  co_return Result<void>{};
}

PlanApplier::Done PlanApplier::remove(kube::WatchCache& cache, ObjectKey key, std::string uid) {
  const kube::RemoveOptions options{.uid = uid};
  auto removed = co_await store_.remove(cache.resource(), key, options);
  if (removed || removed.error().code == ErrorCode::NotFound) {
    cache.learn_removed(key, uid);
    co_return Result<void>{};
  }
  co_return removed;
}

PlanApplier::Done PlanApplier::create_owned(kube::WatchCache& cache, Target target,
                                            std::string name, std::string body) {
  const ObjectMeta& owner = target.rollout->value.meta;
  auto created = co_await store_.create(cache.resource(), owner.namespace_, std::move(body));
  if (!created && created.error().code == ErrorCode::AlreadyExists) {
    const ObjectKey key{owner.namespace_, name};
    auto existing = co_await store_.get(cache.resource(), key);
    if (!existing && existing.error().code == ErrorCode::NotFound)
      co_return fail(conflict(existing.error().message));
    if (!existing) co_return fail(existing.error());
    const OwnerReference* controller = existing->meta.controller();
    if (controller == nullptr || controller->uid != owner.uid) {
      target.names_taken->insert(name);
      co_return fail(conflict(created.error().message));
    }
    created = std::move(existing);
  }
  if (!created) co_return fail(created.error());
  cache.learn(*std::move(created));
  co_return Result<void>{};
}

}  // namespace sluice::controller
