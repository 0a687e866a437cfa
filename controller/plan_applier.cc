#include "controller/plan_applier.h"

#include "controller/managed_services.h"
#include "controller/replica_set_encoding.h"
#include "controller/rollout_analyses.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

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

/// Of a write to the pod of a uid: there is none any more.
bool is_gone(const Error& error) {
  return error.code == ErrorCode::NotFound || error.code == ErrorCode::Conflict;
}

bool is_refused(const engine::Action& action, const Error& error) {
  return std::holds_alternative<engine::CreateReplicaSet>(action) &&
         error.code == ErrorCode::Invalid;
}

kube::Awaitable<Result<void>> nothing_to_do() {
  co_return Result<void>{};
}

kube::Awaitable<Result<void>> failed(Error error) {
  co_return fail(std::move(error));
}

}  // namespace

// The short verbs are plain functions that hand their values on to a coroutine.

kube::Awaitable<PlanApplier::Applied> PlanApplier::apply(Target target,
                                                         std::vector<engine::Action> actions) {
  Applied applied;
  for (const engine::Action& action : actions) {
    const std::string doing = engine::to_string(action);
    Result<void>& outcome =
        std::holds_alternative<engine::SetTraffic>(action) ? applied.routes : applied.rest;
    const Result<void> done =
        co_await std::visit([&](const auto& known) { return apply_one(target, known); }, action);
    const auto* eviction = std::get_if<engine::EvictPod>(&action);
    if (done)
      applied.done.push_back(action);
    else if (eviction != nullptr && done.error().code == ErrorCode::Forbidden)
      applied.not_evicted.emplace(eviction->uid, done.error().message);
    else
      outcome = fail(done.error().within(doing));
    if (!done && is_refused(action, done.error())) applied.refused = done.error();
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
  return patch(writer_, view_.rollouts, meta.key(), kube::PatchType::Merge, dump_json(body),
               {.subresource = kube::Subresource::Status,
                .resource_version = std::move(version),
                .uid = meta.uid});
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::SetTraffic action) {
  Result<void> all;
  for (const auto& router : *target.routers) {
    const auto written = co_await write_rendered(
        target, [router = router.get(), routes = action.routes](const traffic::FindObject& find) {
          return router->render(routes, find);
        });
    if (!written && all) all = fail(written.error());
  }
  co_return all;
}

PlanApplier::Done PlanApplier::select(Target target, std::string side, std::string hash) {
  Result<void> all;
  for (const auto& router : *target.routers) {
    const auto written = co_await write_rendered(
        target, [router = router.get(), side, hash](const traffic::FindObject& find) {
          return Result<std::vector<traffic::ObjectChange>>(router->select(side, hash, find));
        });
    if (!written && all) all = fail(written.error());
  }
  co_return all;
}

PlanApplier::Done PlanApplier::write_rendered(Target target, Render render) {
  Result<void> all;
  for (int attempt = 0; attempt < kRoutingTries; ++attempt) {
    all = {};
    ObjectFinder objects(view_);
    const auto changes = render(objects.finder());
    if (!changes) co_return fail(changes.error());
    for (const traffic::ObjectChange& change : *changes) {
      const auto written = co_await write_object(target, change);
      if (!written && all) all = fail(written.error());
    }
    if (all || is_transient(all.error().code)) break;
  }
  co_return all;
}

PlanApplier::Done PlanApplier::write_object(Target target, traffic::ObjectChange change) {
  kube::WatchCache* cache = view_.cache_of(change.object.gvk);
  if (cache == nullptr)
    return failed(internal(change.object.to_string() + ": no kind that is watched"));
  const ObjectKey& key = change.object.key;
  ObjectWriter& writer = traffic_writer(target);
  switch (change.verb) {
    case traffic::ObjectChange::Verb::Create:
      return writer.create(*cache, target.owner, key.name, change.body);
    case traffic::ObjectChange::Verb::Patch:
      return patch(writer, *cache, key, kube::PatchType::Json, change.body, {});
    case traffic::ObjectChange::Verb::Remove:
      return writer.remove(*cache, key, change.uid);
  }
  return failed(internal("a change without a verb"));
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::PointService action) {
  if (crds::is_subset(action.name)) return select(target, action.name, action.hash);
  const std::string& managed_by = target.owner.reference.name;
  const Json body = {{"metadata", {{"annotations", {{crds::kManagedByAnnotation, managed_by}}}}},
                     {"spec", {{"selector", {{crds::kPodTemplateHashLabel, action.hash}}}}}};
  return patch(traffic_writer(target), view_.services, {target.owner.namespace_, action.name},
               kube::PatchType::Merge, dump_json(body), {});
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::ReleaseService action) {
  if (crds::is_subset(action.name)) return select(target, action.name, "");
  return patch(writer_, view_.services, {target.owner.namespace_, action.name},
               kube::PatchType::Merge, service_release(), {});
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::CreateReplicaSet action) {
  auto body = encode_replica_set(action, target.owner);
  if (!body) co_return fail(body.error());
  co_return co_await writer_.create(view_.replica_sets, target.owner, action.name, *std::move(body),
                                    {.strict = true});
}

kube::Awaitable<Result<kube::Object>> PlanApplier::try_replica_set(
    Owner owner, engine::CreateReplicaSet action) {
  auto body = encode_replica_set(action, owner);
  if (!body) co_return fail(body.error());
  co_return co_await writer_.try_create(view_.replica_sets, owner.namespace_, *std::move(body));
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::PatchReplicaSet action) {
  Json body = Json::object();
  if (!action.annotations.empty())
    body["metadata"]["annotations"] = nullable_map(action.annotations);
  if (action.scale) body["spec"]["replicas"] = action.scale->to;
  if (!action.template_patch.empty()) {
    auto change = parse_json(action.template_patch);
    if (!change) return failed(change.error().within("spec.template"));
    body["spec"]["template"] = *std::move(change);
  }
  return patch(writer_, view_.replica_sets, {target.owner.namespace_, action.name},
               kube::PatchType::Merge, dump_json(body), {.uid = action.uid});
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::CreateAnalysisRun action) {
  auto run = build_analysis_run(action, target.rollout->value, view_);
  if (!run) co_return fail(run.error());
  run->meta.owner_references = {target.owner.reference};
  co_return co_await writer_.create(view_.analysis_runs, target.owner, action.name,
                                    dump_json(crds::encode_analysis_run(*run)));
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::TerminateAnalysisRun action) {
  return patch(writer_, view_.analysis_runs, {target.owner.namespace_, action.name},
               kube::PatchType::Merge, R"({"spec":{"terminate":true}})", {});
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::DeleteAnalysisRun action) {
  return writer_.remove(view_.analysis_runs, {target.owner.namespace_, action.name}, action.uid);
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::DeleteReplicaSet action) {
  return writer_.remove(view_.replica_sets, {target.owner.namespace_, action.name}, action.uid);
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::AnnotateRollout action) {
  const Json body = {{"metadata", {{"annotations", nullable_map(action.annotations)}}}};
  const ObjectMeta& meta = target.rollout->value.meta;
  // Only onto the version that was planned from: the status that follows stands on the next one.
  const kube::PatchOptions options{.resource_version = *target.version, .uid = meta.uid};
  auto version = co_await writer_.patch(view_.rollouts, meta.key(), kube::PatchType::Merge,
                                        dump_json(body), options);
  if (!version) co_return fail(version.error());
  *target.version = *std::move(version);
  co_return Result<void>{};
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::PatchPod action) {
  Json body = Json::object();
  if (!action.labels.empty()) body["metadata"]["labels"] = nullable_map(action.labels);
  if (!action.annotations.empty())
    body["metadata"]["annotations"] = nullable_map(action.annotations);
  const ObjectKey pod{target.owner.namespace_, action.name};
  const kube::WriteLine::Pass pass = co_await line_.enter(ObjectWriter::Rank::Usual);
  const auto patched =
      co_await store_.patch(*kube::find_resource("", "Pod"), pod, kube::PatchType::Merge,
                            dump_json(body), {.uid = action.uid});
  if (!patched && !is_gone(patched.error())) co_return fail(patched.error());
  co_return Result<void>{};
}

PlanApplier::Done PlanApplier::apply_one(Target target, engine::EvictPod action) {
  const ObjectKey pod{target.owner.namespace_, action.name};
  const kube::WriteLine::Pass pass = co_await line_.enter(ObjectWriter::Rank::Usual);
  auto evicted = co_await store_.remove(*kube::find_resource("", "Pod"), pod,
                                        {.uid = action.uid, .evict = true});
  if (!evicted && !is_gone(evicted.error())) co_return evicted;
  co_return Result<void>{};
}

PlanApplier::Done PlanApplier::patch(ObjectWriter& writer, kube::WatchCache& cache, ObjectKey key,
                                     kube::PatchType type, std::string body,
                                     kube::PatchOptions options) {
  const auto patched =
      co_await writer.patch(cache, std::move(key), type, std::move(body), std::move(options));
  if (!patched) co_return fail(patched.error());
  co_return Result<void>{};
}

}  // namespace sluice::controller
