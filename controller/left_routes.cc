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

/// The routes without the managed ones; all weights may stay as they are.
crds::Routes without_managed(const crds::Routing& routing) {
  crds::FormerPair pair = crds::former_pair(routing);
  pair.most = pair.total;
  return {.total = pair.total,
          .destinations = {},
          .header_routes = {},
          .mirror_routes = {},
          .managed = {},
          .former = {std::move(pair)}};
}

std::vector<engine::Action> give_back(const crds::Routing& routing) {
  std::vector<engine::Action> actions{engine::SetTraffic{without_managed(routing)}};
  if (!routing.traffic.subsets) return actions;
  const crds::Sides sides = crds::sides_of(routing);
  for (const std::string& side : {sides.stable, sides.canary})
    actions.emplace_back(engine::ReleaseService{side});
  return actions;
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
  if (routing && (!routing->traffic.managed_routes.empty() || routing->traffic.subsets))
    deleted_[change.key] = std::move(rollout);
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
  const PlanApplier::Applied applied = co_await applier.apply(target, give_back(*routing));
  const Result<void>& done = applied.routes ? applied.rest : applied.routes;
  const auto again = deleted_.find(rollout);
  if (done && again != deleted_.end() && again->second == left) deleted_.erase(again);
  co_return done;
}

}  // namespace sluice::controller
