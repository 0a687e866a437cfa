#include "controller/left_routes.h"

#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "crds/routes.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace sluice::controller {
namespace {

/// Without managed routes, and all weight on the stable side.
crds::Routes last_routes(const crds::Routing& routing) {
  return {.total = crds::total_of(routing.traffic),
          .destinations = {},
          .header_routes = {},
          .mirror_routes = {},
          .managed = {},
          .former = {crds::former_pair(routing)}};
}

/// Subsets; Services are given back by who knows whom they are managed by.
std::vector<engine::Action> release_subsets(const crds::Routing& routing) {
  if (!routing.traffic.subsets) return {};
  const crds::Sides sides = crds::sides_of(routing);
  return {engine::ReleaseService{sides.stable}, engine::ReleaseService{sides.canary}};
}

/// The sides first and the weights last; who may not write the sides still takes the weights away.
kube::Awaitable<Result<void>> give_back(const crds::Routing& routing, PlanApplier& applier,
                                        PlanApplier::Target target) {
  const PlanApplier::Applied released = co_await applier.apply(target, release_subsets(routing));
  if (!released.rest && is_transient(released.rest.error().code)) co_return released.rest;
  const std::vector<engine::Action> last{engine::SetTraffic{last_routes(routing)}};
  const PlanApplier::Applied taken = co_await applier.apply(target, last);
  co_return taken.routes ? released.rest : taken.routes;
}

}  // namespace

void LeftRoutes::note(const kube::WatchCache::Change& change) {
  if (change.after) {
    deleted_.erase(change.key);
    return;
  }
  const auto document = change.before ? change.before->parse() : Result<Json>(Json());
  if (!document) return;
  auto rollout = std::make_shared<crds::Decoded<crds::Rollout>>(crds::decode_rollout(*document));
  const crds::CanaryStrategy* canary = rollout->value.spec.canary();
  const auto routing = canary == nullptr ? std::nullopt : crds::routing_of(*canary);
  if (routing) deleted_[change.key] = std::move(rollout);
}

kube::Awaitable<Result<void>> LeftRoutes::take_away(ObjectKey rollout, PlanApplier& applier,
                                                    const traffic::RouterRegistry& registry) {
  const auto found = deleted_.find(rollout);
  if (found == deleted_.end()) co_return Result<void>{};
  const RolloutPtr left = found->second;
  const crds::Rollout& value = left->value;
  const auto routing = crds::routing_of(*value.spec.canary());
  Routers routers;
  for (const crds::RouterSpec& spec : routing->traffic.routers)
    if (auto made = registry.make(spec, {value.meta.key(), value.meta.uid}))
      routers.push_back(*std::move(made));
  std::string version = value.meta.resource_version;
  std::set<std::string> names;
  const GroupVersionKind gvk{std::string(crds::kGroup), std::string(crds::kVersion),
                             std::string(crds::kRollout)};
  const PlanApplier::Target target{.owner = make_owner(gvk, value.meta, &names),
                                   .rollout = left,
                                   .routers = &routers,
                                   .version = &version};
  const Result<void> done = co_await give_back(*routing, applier, target);
  // With the Rollout goes who would be told of a fault that stays.
  const bool over = done || !is_transient(done.error().code);
  const auto again = deleted_.find(rollout);
  if (over && again != deleted_.end() && again->second == left) deleted_.erase(again);
  if (over) co_return Result<void>{};
  co_return done;
}

}  // namespace sluice::controller
