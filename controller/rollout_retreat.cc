#include "controller/rollout_controller.h"
#include "controller/routes.h"

#include <set>
#include <string>
#include <utility>
#include <variant>

namespace sluice::controller {
namespace {

bool moves_traffic(const engine::Action& action) {
  return std::holds_alternative<engine::SetTraffic>(action) ||
         std::holds_alternative<engine::PointService>(action);
}

}  // namespace

PlanApplier::Target RolloutController::target_of(const RolloutPtr& rollout, const Routers& routers,
                                                 const engine::Plan& plan,
                                                 std::set<std::string>* names_taken,
                                                 std::string* version) const {
  return {
      .owner = make_owner(parts_.view.rollouts.resource().gvk, rollout->value.meta, names_taken),
      .rollout = rollout,
      .routers = &routers,
      .version = version,
      .retreats = retreats(plan)};
}

// The look that follows the verdict's own write does the rest. Where that write fails, it is tried
// again for as long as it takes, and the traffic stays where it was taken to.
boost::asio::awaitable<RolloutController::Outcome> RolloutController::take_back(
    ObjectKey key, RolloutPtr rollout) {
  if (waits_for_lists(key, rollout->value)) co_return kube::Looked{};
  const Observed observed = observe_now(key, *rollout);
  engine::Plan plan = engine::plan(observed.snapshot);
  std::erase_if(plan.actions, [&plan](const engine::Action& action) {
    return !moves_traffic(action) || !takes_traffic_away(action, plan.status);
  });
  std::string version = rollout->value.meta.resource_version;
  std::set<std::string> names_taken;
  const PlanApplier::Target target =
      target_of(rollout, observed.routers, plan, &names_taken, &version);
  contests_.restrain(
      key, plan, parts_.clock.steady_now(), parts_.clock.system_now(),
      [&](const engine::Action& action) { return last_writer(key, observed.routers, action); });
  const PlanApplier::Applied applied = co_await applier_.apply(target, std::move(plan.actions));
  note_done(rollout->value, applied);
  if (!applied.routes) co_return fail(applied.routes.error());
  if (!applied.rest) co_return fail(applied.rest.error());
  co_return kube::Looked{.wake_after = plan.wake_after};
}

}  // namespace sluice::controller
