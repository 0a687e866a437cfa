#include "tests/sim/setting.h"

#include "tests/controller/shop_manifests.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>

namespace sluice::sim {
namespace {

namespace shop = controller::test;

constexpr const char* kHeaderRoute = "testers";
constexpr const char* kEndlessTemplate = "success-rate-for-ever";
constexpr const char* kCountedTemplate = "success-rate";

constexpr const char* kRoutes[] = {"shop", "shop-next"};

Role role_of(const std::string& name, const Setting& setting) {
  return {.rollout = name,
          .stable_service = name + "-stable",
          .canary_service = name + "-canary",
          .route = setting.routed ? kRoutes[0] : "",
          .active_service = name + "-active",
          .preview_service = setting.has_preview ? name + "-preview" : ""};
}

Json counted_template() {
  Json counted = shop::success_rate_template();
  counted["spec"]["metrics"][0]["failureCondition"] = "result[0] < 0.5";
  return counted;
}

/// Measures until it is ended.
Json endless_template() {
  Json endless = counted_template();
  endless["metadata"]["name"] = kEndlessTemplate;
  endless["spec"]["metrics"][0].erase("count");
  return endless;
}

Json service_of(const std::string& service, const Role& role) {
  Json made = shop::shop_service(service);
  made["spec"]["selector"] = {{"app", role.rollout}};
  return made;
}

Json split_rule(const Role& role, const std::string& canary_service) {
  const Json match = {{"path", {{"type", "PathPrefix"}, {"value", "/" + canary_service}}}};
  return {
      {"matches", Json::array({match})},
      {"backendRefs", Json::array({{{"name", role.stable_service}, {"port", 80}, {"weight", 100}},
                                   {{"name", canary_service}, {"port", 80}, {"weight", 0}}})}};
}

/// With a rule for each pair of Services that the Rollouts have or may get.
Json route_for(const std::string& name, const Setting& setting) {
  Json route = shop::shop_route();
  route["metadata"]["name"] = name;
  Json& rules = route["spec"]["rules"] = Json::array();
  for (const Role& role : roles_of(setting)) {
    rules.push_back(split_rule(role, role.canary_service));
    if (setting.may_be_rerouted)
      rules.push_back(split_rule(role, canary_services_of(role.rollout)[1]));
  }
  return route;
}

void set_background(const Setting& setting, Json& canary) {
  Json analysis = shop::analysis_step()["analysis"];
  analysis["templates"] = Json::array({{{"templateName", setting.background}}});
  analysis["startingStep"] = setting.starting_step;
  canary["analysis"] = std::move(analysis);
}

Json draw_blue_green(const Setting& setting, const Role& role, Dice& dice) {
  Json blue_green = {{"activeService", role.active_service},
                     {"scaleDownDelaySeconds", 5 + 10 * dice.roll(2)},
                     {"abortScaleDownDelaySeconds", 5 + 5 * dice.roll(2)}};
  if (setting.has_preview) blue_green["previewService"] = role.preview_service;
  if (dice.chance(40)) blue_green["autoPromotionEnabled"] = false;
  if (dice.chance(30)) blue_green["autoPromotionSeconds"] = 1 + dice.roll(8);
  if (dice.chance(40)) blue_green["previewReplicaCount"] = 1 + dice.roll(3);
  for (const char* place : {"prePromotionAnalysis", "postPromotionAnalysis"})
    if (setting.is_judged || dice.chance(50)) blue_green[place] = shop::analysis_step()["analysis"];
  return blue_green;
}

Json draw_canary(const Setting& setting, const Role& role, Dice& dice) {
  Json canary = shop::shop_rollout(1, draw_steps(setting, dice))["spec"]["strategy"]["canary"];
  canary["stableService"] = role.stable_service;
  canary["canaryService"] = role.canary_service;
  if (!setting.routed)
    for (const char* routed_only :
         {"trafficRouting", "scaleDownDelaySeconds", "abortScaleDownDelaySeconds"})
      canary.erase(routed_only);
  if (setting.dynamic) {
    canary["dynamicStableScale"] = true;
    canary.erase("scaleDownDelaySeconds");
  }
  if (setting.max_surge) {
    canary["maxSurge"] = *setting.max_surge;
    canary["maxUnavailable"] = *setting.max_surge == 0 ? 1 : 0;
  }
  if (setting.headers)
    canary["trafficRouting"]["managedRoutes"] = Json::array({{{"name", kHeaderRoute}}});
  if (!setting.background.empty()) set_background(setting, canary);
  return canary;
}

Json rollout_of(const Setting& setting, const Role& role, Dice& dice) {
  Json rollout = shop::shop_rollout(setting.replicas, Json::array());
  rollout["metadata"]["name"] = role.rollout;
  Json& spec = rollout["spec"];
  spec["selector"]["matchLabels"]["app"] = role.rollout;
  spec["template"]["metadata"]["labels"]["app"] = role.rollout;
  spec["template"]["spec"]["containers"][0]["image"] = role.rollout + ":v1";
  if (setting.holds_failures) spec["onFailure"] = "pause";
  spec["strategy"] = draw_strategy(setting, role, setting.blue_green, dice);
  return rollout;
}

/// All that it may come to name.
std::vector<std::string> services_of(const Setting& setting, const Role& role) {
  std::vector<std::string> names;
  if (!setting.blue_green || setting.may_change_strategy) {
    names = {role.stable_service, role.canary_service};
    if (setting.may_be_rerouted) names.push_back(canary_services_of(role.rollout)[1]);
  }
  if (setting.blue_green || setting.may_change_strategy) {
    names.push_back(role.active_service);
    if (setting.has_preview) names.push_back(role.preview_service);
    if (setting.may_be_rerouted) names.push_back(preview_services_of(role.rollout)[1]);
  }
  return names;
}

Json header_step() {
  const Json match = {{"headerName", "x-tester"}, {"headerValue", {{"exact", "1"}}}};
  return {{"setHeaderRoute", {{"name", kHeaderRoute}, {"match", Json::array({match})}}}};
}

Json end_of_header_step() {
  return {{"setHeaderRoute", {{"name", kHeaderRoute}}}};
}

}  // namespace

Setting draw_setting(Dice& dice, const Cells::Cell& aim) {
  const auto& [situation, event] = aim;
  const bool wants_route = event == Event::RouteMissing || event == Event::SlowGateway;
  const bool wants_service = event == Event::ServiceMissing;
  // Only Sluice knows what was named before: no other engine can have been there in between.
  const bool stays_as_it_is = event == Event::TakeOver;
  Setting setting;
  setting.blue_green = situation.blue_green;
  setting.is_judged = situation.brake == Brake::Question;
  setting.may_change_strategy =
      (dice.chance(20) && !stays_as_it_is) || event == Event::StrategyChange;
  setting.has_preview = dice.chance(80) || wants_service;
  const bool is_canary = !setting.blue_green || setting.may_change_strategy;
  setting.routed = is_canary && (dice.chance(75) || wants_route || wants_service);
  setting.dynamic = setting.routed && dice.chance(25);
  if (setting.dynamic && dice.chance(40)) setting.max_surge = dice.roll(3);
  setting.headers = setting.routed && dice.chance(30);
  if (dice.chance(30)) setting.background = dice.chance(50) ? kEndlessTemplate : kCountedTemplate;
  setting.starting_step = dice.roll(3);
  setting.replicas = 1 + dice.roll(6);
  setting.has_neighbour = setting.routed && dice.chance(20);
  const bool names_enough = setting.blue_green ? setting.has_preview : setting.routed;
  setting.may_be_rerouted = names_enough && dice.chance(25) && !stays_as_it_is;
  const bool names_others = setting.may_be_rerouted || setting.may_change_strategy;
  setting.has_rival = !names_others && dice.chance(15);
  setting.holds_failures = dice.chance(12);
  const bool elects = dice.chance(25) || event == Event::LeaderChange;
  setting.processes = elects ? 2 + dice.roll(2) : 1;
  setting.has_first_days = situation.course == engine::Course::First || dice.chance(15);
  return setting;
}

std::string to_string(const Setting& setting) {
  std::string text = fmt::format("{} replicas", setting.replicas);
  if (setting.blue_green) text += ", blue-green";
  if (setting.may_change_strategy) text += ", other strategies";
  if (!setting.has_preview) text += ", no preview";
  if (!setting.routed) text += ", without routing";
  if (setting.dynamic) text += ", dynamicStableScale";
  if (setting.max_surge) text += fmt::format(", maxSurge {}", *setting.max_surge);
  if (setting.headers) text += ", header routes";
  if (!setting.background.empty())
    text += fmt::format(", background {} from step {}", setting.background, setting.starting_step);
  if (setting.has_neighbour) text += ", a neighbour";
  if (setting.may_be_rerouted) text += ", other routes";
  if (setting.has_rival) text += ", a rival";
  if (setting.holds_failures) text += ", bad verdicts hold";
  if (setting.processes > 1) text += fmt::format(", {} processes", setting.processes);
  if (setting.has_first_days) text += ", first days";
  return text;
}

std::string image_of(const Role& role, int revision) {
  return fmt::format("{}:v{}", role.rollout, revision);
}

std::vector<std::string> canary_services_of(const std::string& rollout) {
  return {rollout + "-canary", rollout + "-next", rollout + "-typo"};
}

std::vector<std::string> preview_services_of(const std::string& rollout) {
  return {rollout + "-preview", rollout + "-preview-next", rollout + "-preview-typo"};
}

std::vector<std::string> route_names() {
  return {std::begin(kRoutes), std::end(kRoutes)};
}

std::vector<Role> roles_of(const Setting& setting) {
  std::vector<Role> roles = {role_of("shop", setting)};
  if (setting.has_neighbour) roles.push_back(role_of("cart", setting));
  return roles;
}

Json draw_steps(const Setting& setting, Dice& dice) {
  Json steps = Json::array();
  if (setting.routed && dice.chance(20))
    steps.push_back({{"setCanaryScale", {{"replicas", 1 + dice.roll(2)}}}});
  if (setting.headers && dice.chance(30)) steps.push_back(header_step());
  for (const int weight : {10, 40, 75}) {
    steps.push_back(shop::weight_step(weight));
    if (setting.headers && dice.chance(20)) steps.push_back(header_step());
    if (dice.chance(60))
      steps.push_back(dice.chance(30) ? shop::pause_step() : shop::pause_step(1 + dice.roll(6)));
    if (setting.is_judged || dice.chance(60)) steps.push_back(shop::analysis_step());
    if (setting.headers && dice.chance(20)) steps.push_back(end_of_header_step());
    if (setting.routed && dice.chance(10))
      steps.push_back({{"setCanaryScale", {{"matchTrafficWeight", true}}}});
  }
  if (dice.chance(30)) steps.push_back(shop::weight_step(100));
  return steps;
}

std::vector<Json> manifests_of(const Setting& setting, Dice& dice) {
  std::vector<Json> manifests = {counted_template(), endless_template()};
  if (setting.routed) manifests.push_back(route_for(kRoutes[0], setting));
  if (setting.routed && setting.may_be_rerouted)
    manifests.push_back(route_for(kRoutes[1], setting));
  for (const Role& role : roles_of(setting)) {
    for (const std::string& service : services_of(setting, role))
      manifests.push_back(service_of(service, role));
    manifests.push_back(rollout_of(setting, role, dice));
  }
  return manifests;
}

Json draw_strategy(const Setting& setting, const Role& role, bool blue_green, Dice& dice) {
  if (blue_green) return {{"blueGreen", draw_blue_green(setting, role, dice)}};
  return {{"canary", draw_canary(setting, role, dice)}};
}

Json rival_of(const Setting& setting, Dice& dice) {
  Json rival = rollout_of(setting, role_of("shop", setting), dice);
  rival["metadata"]["name"] = "rival";
  rival["spec"]["template"]["spec"]["containers"][0]["image"] = "rival:v1";
  return rival;
}

}  // namespace sluice::sim
