#include "tests/sim/scene.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace sluice::sim {
namespace {

constexpr const char* kFreeze = "sluice-freeze";
/// All that a Rollout consists of. Others are told of as they change, and not kept.
constexpr std::string_view kSeen[] = {"Rollout", "ReplicaSet", "Service", "HTTPRoute",
                                      "AnalysisRun"};
constexpr const char* kRouteOfSpec = "trafficRouting.plugins.argoproj-labs/gatewayAPI.httpRoute";

const Json& nothing() {
  static const Json kNothing;
  return kNothing;
}

std::string image_in(const Json& object) {
  const Json* containers = find_path(object, "spec.template.spec.containers");
  return containers == nullptr ? "" : string_at(containers->front(), "image");
}

const Json& rules_of(const Json& route) {
  const Json* rules = find_path(route, "spec.rules");
  return rules == nullptr ? nothing() : *rules;
}

/// -1 where the Service is none of the rule's backends.
int64_t weight_of(const Json& rule, const std::string& service) {
  for (const Json& backend : rule["backendRefs"])
    if (string_at(backend, "name") == service) return int_at(backend, "weight", 1);
  return -1;
}

bool splits(const Json& rule) {
  return rule["backendRefs"].size() > 1;
}

/// Where the name is taken, a number follows it.
std::string managed_name(const Json& rule) {
  const std::string name = string_at(rule, "name");
  return name.substr(0, name.find(".copy-"));
}

}  // namespace

std::string label_of(const Json& object, const char* key) {
  const Json* labels = find_path(object, "metadata.labels");
  return labels == nullptr ? "" : labels->value(key, "");
}

std::string hash_label(const Json& object) {
  return label_of(object, kHashLabel);
}

Scene::Scene(controller::test::ControllerWorld& world)
    : Scene(world, {[&world] { return world.store->is_writing(); }, world.clock}) {}

Scene::Scene(controller::test::ControllerWorld& world, Seat controller)
    : controller_(std::move(controller)) {
  for (const std::string_view kind : kSeen)
    for (const Json& object : world.list(std::string(kind)))
      objects_[std::string(kind)][string_at(object, "metadata.name")] = object;
  for (const auto& [name, route] : all("HTTPRoute")) take_route(route);
  observer_ = world.registry->observe([this](const local::Change& change) { on_change(change); });
}

void Scene::listen(std::function<void(const local::Change&)> listener) {
  listeners_.push_back(std::move(listener));
}

void Scene::on_change(const local::Change& change) {
  const std::string& kind = change.resource->kind;
  const bool deleted = change.type == kube::WatchEventType::Deleted;
  if (kind == "ConfigMap" && change.after->meta.name == kFreeze) {
    const std::string& from = change.after->meta.namespace_;
    freezes_.insert(from);
    if (deleted) freezes_.erase(from);
  }
  before_ = nullptr;
  if (std::ranges::find(kSeen, kind) != std::end(kSeen)) take(change, deleted);
  for (const auto& listener : listeners_) listener(change);
}

void Scene::take(const local::Change& change, bool deleted) {
  const std::string& kind = change.resource->kind;
  const std::string& name = change.after->meta.name;
  ++changes_[kind];
  auto& of_kind = objects_[kind];
  if (const auto known = of_kind.find(name); known != of_kind.end())
    before_ = std::move(known->second);
  if (deleted)
    of_kind.erase(name);
  else
    of_kind[name] = Json::parse(*change.after->json);
  if (kind != "HTTPRoute") return;
  if (deleted)
    said_.erase(name);
  else
    take_route(of_kind[name]);
}

void Scene::take_route(const Json& route) {
  std::map<std::string, Json> rules_by_service;
  for (const Json& rule : rules_of(route))
    for (const Json& backend : rule["backendRefs"])
      rules_by_service[string_at(backend, "name")].push_back(rule);
  auto& said = said_[string_at(route, "metadata.name")];
  for (auto& [service, known] : said) rules_by_service.try_emplace(service, Json::array());
  for (auto& [service, rules] : rules_by_service) {
    Said& known = said[service];
    if (known.rules == rules) continue;
    known = {.rules = std::move(rules), .since = int_at(route, "metadata.generation")};
  }
}

int64_t Scene::said_since(const std::string& route, const std::string& service) const {
  const auto of_route = said_.find(route);
  if (of_route == said_.end()) return 0;
  const auto of_service = of_route->second.find(service);
  return of_service == of_route->second.end() ? 0 : of_service->second.since;
}

bool Scene::is_frozen() const {
  return freezes_.contains("default") || freezes_.contains("kube-system");
}

uint64_t Scene::changes(const std::string& kind) const {
  const auto found = changes_.find(kind);
  return found == changes_.end() ? 0 : found->second;
}

const Json& Scene::find(const std::string& kind, const std::string& name) const {
  const auto& of_kind = all(kind);
  const auto found = of_kind.find(name);
  return found == of_kind.end() ? nothing() : found->second;
}

const std::map<std::string, Json>& Scene::all(const std::string& kind) const {
  static const std::map<std::string, Json> kNone;
  const auto found = objects_.find(kind);
  return found == objects_.end() ? kNone : found->second;
}

RolloutView::RolloutView(const Scene& scene, Role role)
    : scene_(&scene),
      role_(std::move(role)),
      canary_services_{role_.canary_service},
      preview_services_{role_.preview_service} {}

void RolloutView::follow_spec() {
  if (is_blue_green()) return follow_blue_green();
  const std::string service = string_at(canary(), "canaryService");
  const std::string route = string_at(canary(), kRouteOfSpec);
  if (scene_->find("Service", service).is_null()) return;
  if (route.empty() == is_routed()) return;
  if (is_routed() && scene_->find("HTTPRoute", route).is_null()) return;
  role_.canary_service = service;
  role_.route = route;
  canary_services_.insert(service);
}

void RolloutView::follow_blue_green() {
  const std::string service = string_at(blue_green(), "previewService");
  if (scene_->find("Service", service).is_null()) return;
  role_.preview_service = service;
  preview_services_.insert(service);
}

const Json& RolloutView::rollout() const {
  return scene_->find("Rollout", role_.rollout);
}

std::string RolloutView::image() const {
  return image_in(rollout());
}

const Json& RolloutView::canary() const {
  const Json* canary = find_path(rollout(), "spec.strategy.canary");
  return canary == nullptr ? nothing() : *canary;
}

const Json& RolloutView::blue_green() const {
  const Json* blue_green = find_path(rollout(), "spec.strategy.blueGreen");
  return blue_green == nullptr ? nothing() : *blue_green;
}

const Json& RolloutView::steps() const {
  const Json* steps = find_path(canary(), "steps");
  return steps == nullptr ? nothing() : *steps;
}

int64_t RolloutView::replicas() const {
  return int_at(rollout(), "spec.replicas", 1);
}

std::optional<int64_t> RolloutView::surge() const {
  const Json* surge = find_path(canary(), "maxSurge");
  if (!is_routed() || surge == nullptr || !bool_at(canary(), "dynamicStableScale")) return {};
  return surge->get<int64_t>();
}

std::string RolloutView::stable_hash() const {
  return string_at(rollout(), "status.stableRS");
}

std::string RolloutView::phase() const {
  const std::string generation = std::to_string(int_at(rollout(), "metadata.generation"));
  if (string_at(rollout(), "status.observedGeneration") != generation) return "";
  return string_at(rollout(), "status.phase");
}

bool RolloutView::is_refused() const {
  const std::string named = is_blue_green() ? string_at(blue_green(), "previewService")
                                            : string_at(canary(), "canaryService");
  if (named != trying_service()) return true;
  if (!named.empty() && scene_->find("Service", named).is_null()) return true;
  const Json* conditions = find_path(rollout(), "status.conditions");
  return conditions != nullptr && std::ranges::any_of(*conditions, [](const Json& condition) {
           return string_at(condition, "type") == "InvalidSpec" &&
                  string_at(condition, "status") == "True";
         });
}

bool RolloutView::owns(const Json& object) const {
  const Json* owners = find_path(object, "metadata.ownerReferences");
  return owners != nullptr && std::ranges::any_of(*owners, [this](const Json& owner) {
           return string_at(owner, "name") == role_.rollout;
         });
}

std::string RolloutView::hash_of(const std::string& image) const {
  if (const uint64_t now = scene_->changes("ReplicaSet"); hashes_.changes != now) {
    hashes_ = {.changes = now, .of_images = {}};
    for (const auto& [name, replica_set] : scene_->all("ReplicaSet"))
      if (owns(replica_set))
        hashes_.of_images.emplace(image_in(replica_set), hash_label(replica_set));
  }
  const auto found = hashes_.of_images.find(image);
  return found == hashes_.of_images.end() ? "" : found->second;
}

const Json& RolloutView::replica_set(const std::string& hash) const {
  return scene_->find("ReplicaSet", role_.rollout + "-" + hash);
}

int64_t RolloutView::spec_replicas(const std::string& hash) const {
  return int_at(replica_set(hash), "spec.replicas");
}

int64_t RolloutView::serving(const std::string& hash) const {
  return std::min(spec_replicas(hash), int_at(replica_set(hash), "status.availableReplicas"));
}

std::string RolloutView::selected_by(const std::string& service) const {
  const Json* selector = find_path(scene_->find("Service", service), "spec.selector");
  return selector == nullptr ? "" : selector->value(kHashLabel, "");
}

int64_t RolloutView::canary_weight() const {
  if (!is_routed()) return 0;
  for (const Json& rule : rules_of(scene_->find("HTTPRoute", role_.route))) {
    const int64_t canary = weight_of(rule, role_.canary_service);
    const int64_t stable = weight_of(rule, role_.stable_service);
    if (canary >= 0 && stable >= 0) return canary + stable == kTotal ? canary : -1;
  }
  return 0;
}

bool RolloutView::leads_to_canary(const Json& rule) const {
  return !splits(rule) && weight_of(rule, role_.canary_service) >= 0;
}

std::set<std::string> RolloutView::header_routes() const {
  std::set<std::string> names;
  if (!is_routed()) return names;
  for (const Json& rule : rules_of(scene_->find("HTTPRoute", role_.route)))
    if (leads_to_canary(rule)) names.insert(managed_name(rule));
  return names;
}

std::set<std::string> RolloutView::former_header_routes() const {
  std::set<std::string> names;
  for (const auto& [name, route] : scene_->all("HTTPRoute")) {
    for (const Json& rule : rules_of(route)) {
      const bool ours = std::ranges::any_of(canary_services_, [&](const std::string& service) {
        return weight_of(rule, service) >= 0;
      });
      const bool present = is_routed() && name == role_.route && leads_to_canary(rule);
      if (ours && !splits(rule) && !present) names.insert(managed_name(rule));
    }
  }
  return names;
}

bool RolloutView::is_route_confirmed() const {
  const Json& route = scene_->find("HTTPRoute", role_.route);
  const Json* parents = find_path(route, "status.parents");
  if (parents == nullptr || parents->empty()) return false;
  const int64_t since = scene_->said_since(role_.route, role_.canary_service);
  return std::ranges::all_of(parents->front()["conditions"], [&](const Json& condition) {
    return int_at(condition, "observedGeneration") >= since;
  });
}

std::map<std::string, int64_t> RolloutView::shares() const {
  std::map<std::string, int64_t> shares = former_shares();
  const int64_t canary = is_routed() ? canary_weight() : -1;
  if (canary < 0) return shares;
  std::map<std::string, int64_t> now;
  if (canary > 0) now[selected_by(role_.canary_service)] += canary;
  if (canary < kTotal) now[selected_by(role_.stable_service)] += kTotal - canary;
  for (const auto& [hash, share] : now) shares[hash] = std::max(shares[hash], share);
  return shares;
}

std::map<std::string, int64_t> RolloutView::former_shares() const {
  std::map<std::string, int64_t> shares;
  for (const auto& [name, route] : scene_->all("HTTPRoute")) {
    for (const Json& rule : rules_of(route)) {
      if (!splits(rule)) continue;
      for (const std::string& service : canary_services_) {
        if (is_routed() && name == role_.route && service == role_.canary_service) continue;
        if (const int64_t weight = weight_of(rule, service); weight > 0)
          shares[selected_by(service)] = std::max(shares[selected_by(service)], weight);
      }
    }
  }
  return shares;
}

std::set<std::string> RolloutView::former_services() const {
  std::set<std::string> services = canary_services_;
  services.insert(preview_services_.begin(), preview_services_.end());
  services.insert({role_.stable_service, role_.active_service});
  for (const std::string& present : {serving_service(), trying_service(), std::string()})
    services.erase(present);
  return services;
}

}  // namespace sluice::sim
