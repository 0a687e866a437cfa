#pragma once

// The manifests of a shop: a Rollout with the Gateway API, its Services and route, and a template
// that wants a success rate of 95%.

#include "base/json.h"

#include <string>

namespace sluice::controller::test {

Json shop_service(const std::string& name);
Json shop_route();
/// What nginx routes to the stable Service, by the name "web".
Json shop_ingress();
/// Three measurements, five seconds apart; one bad one fails the run.
Json success_rate_template();
/// `steps` as in spec.strategy.canary.steps.
Json shop_rollout(int replicas, const Json& steps);

Json weight_step(int weight);
/// Without seconds: until somebody promotes.
Json pause_step();
Json pause_step(int seconds);
Json analysis_step();

/// 10, 30, 50, 80 with a short pause and an analysis at each; then the promotion.
Json judged_steps();

}  // namespace sluice::controller::test
