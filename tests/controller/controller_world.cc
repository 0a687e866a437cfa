#include "tests/controller/controller_world.h"

#include "analysis/providers/job_provider.h"
#include "base/ensure.h"
#include "crds/manifests.h"
#include "crds/names.h"
#include "local/store/database.h"
#include "local/store/gateway_crds.h"
#include "tests/controller/istio_manifests.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>

namespace sluice::controller::test {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
constexpr int64_t kTotal = 100;

std::string namespace_of(const local::ResourceType& type) {
  return type.namespaced ? "default" : "";
}

/// The weight of the shop's canary in a route; -1 where the weights do not sum up to the total.
int64_t weight_in(const Json& route) {
  const Json* rules = find_path(route, "spec.rules");
  int64_t sum = 0;
  int64_t canary = 0;
  for (const Json& backend : rules->front()["backendRefs"]) {
    const int64_t weight = int_at(backend, "weight", 1);
    sum += weight;
    if (string_at(backend, "name") == "shop-canary") canary = weight;
  }
  return sum == kTotal ? canary : -1;
}

std::vector<local::ResourceTypePtr> types_of(const Json& definition) {
  auto types = local::types_of_crd(definition);
  REQUIRE(types);
  return *std::move(types);
}

/// Everything that the cluster serves beyond the built-in types. Compiled once: compiling these
/// schemas takes longer than most stories.
const std::vector<std::vector<local::ResourceTypePtr>>& custom_types() {
  static const std::vector<std::vector<local::ResourceTypePtr>> kTypes = [] {
    std::vector<std::vector<local::ResourceTypePtr>> all;
    for (const std::string& definition : local::gateway_crds())
      all.push_back(types_of(*parse_json(definition)));
    for (const crds::Manifest& manifest : crds::manifests())
      all.push_back(types_of(crds::parse_manifest(manifest)));
    for (const Json& definition : istio_crds()) all.push_back(types_of(definition));
    return all;
  }();
  return kTypes;
}

std::string storage_name(const std::string& kind) {
  for (const local::ResourceTypePtr& type : local::builtin_types())
    if (type->kind == kind) return type->storage_name();
  for (const auto& versions : custom_types())
    if (versions.front()->kind == kind) return versions.front()->storage_name();
  FAIL("no kind " << kind);
  return "";
}

void put(local::Database& database, Json object) {
  const int64_t version = database.last_version() + 1;
  object["metadata"]["resourceVersion"] = std::to_string(version);
  REQUIRE(database.apply({.kind = kube::WatchEventType::Added,
                          .object = {.type = storage_name(string_at(object, "kind")),
                                     .namespace_ = string_at(object, "metadata.namespace"),
                                     .name = string_at(object, "metadata.name"),
                                     .uid = string_at(object, "metadata.uid"),
                                     .version = version,
                                     .json = dump_json(object)},
                          .before = std::nullopt}));
}

std::unique_ptr<local::Database> open_database(const std::string& path) {
  auto database = local::Database::open(path);
  REQUIRE(database);
  return *std::move(database);
}

/// A file that holds the objects already: a registry takes in what was there before it.
void fill(const std::string& path, const std::vector<Json>& objects) {
  const auto database = open_database(path);
  while (*database->load_some([](auto&&) { return Result<void>{}; })) {
  }
  for (const Json& object : objects) put(*database, object);
}

void load(local::Registry& registry) {
  for (bool more = true; more;) {
    const auto loaded = registry.load_some();
    REQUIRE(loaded);
    more = *loaded;
  }
}

}  // namespace

bool EventLog::was_told(std::string_view code) const {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

ControllerWorld::ControllerWorld(uint32_t seed) : ControllerWorld(seed, {}) {}

ControllerWorld::ControllerWorld(uint32_t seed, const std::vector<Json>& found)
    : success_rate([](const std::string&) { return 1.0; }), routers_(traffic::builtin_routers()) {
  clock.drive(context);
  if (!found.empty()) fill(folder_.emplace().path("objects.db"), found);
  registry = std::make_unique<local::Registry>(
      open_database(folder_ ? folder_->path("objects.db") : ":memory:"), clock);
  for (const auto& versions : custom_types()) registry->serve(versions);
  load(*registry);
  registry->seed(seed);
  api = std::make_unique<local::Store>(*registry);
  store = std::make_unique<FaultyStore>(*api, clock, context.get_executor(), seed);
  kubelet = std::make_unique<FakeKubelet>(*registry);
  gateway = std::make_unique<FakeGateway>(*registry);
  providers_.add(std::make_unique<ScriptedMetrics>(clock, success_rate));
  providers_.add(analysis::make_job_provider(store.get(), &clock));
  follow_route();
}

ControllerWorld::~ControllerWorld() {
  if (controller_) stop_controller();
}

void ControllerWorld::follow_route() {
  route_observer_ = registry->observe([this](const local::Change& change) {
    if (change.resource->kind != "HTTPRoute" || !change.after) return;
    const int64_t weight = weight_in(*parse_json(*change.after->json));
    if (weights.empty() || weights.back() != weight) weights.push_back(weight);
  });
}

void ControllerWorld::apply_shop(int replicas, const Json& steps) {
  create(shop_service("shop-stable"));
  create(shop_service("shop-canary"));
  create(shop_route());
  create(success_rate_template());
  create(shop_rollout(replicas, steps));
}

void ControllerWorld::deploy_shop(int replicas, const Json& steps) {
  apply_shop(replicas, steps);
  start_controller();
  REQUIRE(run_until_phase("Healthy"));
}

Controller::Parts ControllerWorld::parts(kube::ObjectStore& writes, kube::Leadership& held) {
  return {.store = writes,
          .clock = clock,
          .routers = routers_,
          .providers = providers_,
          .events = events,
          .leadership = held};
}

void ControllerWorld::start_controller() {
  leadership.lead_always();
  controller_ =
      std::make_unique<Controller>(parts(*store, leadership), context.get_executor(), Scope{});
  ++processes_;
  controller_->start();
  clock.settle();
}

void ControllerWorld::stop_controller() {
  bool stopped = false;
  boost::asio::co_spawn(context, controller_->stop(), [&stopped](const std::exception_ptr& error) {
    stopped = error == nullptr;
  });
  clock.settle();
  SLUICE_ENSURE(stopped, "a controller stops without time passing");
  controller_.reset();
}

void ControllerWorld::restart_controller() {
  stop_controller();
  store->revive();
  start_controller();
}

void ControllerWorld::tick() {
  kubelet->tick();
  gateway->tick();
  clock.advance(kTick);
  if (store->is_dead()) restart_controller();
}

void ControllerWorld::tick(int times) {
  for (int i = 0; i < times; ++i) tick();
}

bool ControllerWorld::run_until(const std::function<bool()>& condition, int seconds) {
  for (int i = 0; i < seconds; ++i) {
    if (condition()) return true;
    tick();
  }
  return condition();
}

bool ControllerWorld::run_until_phase(const std::string& wanted, int seconds) {
  return run_until([&] { return phase() == wanted; }, seconds);
}

local::ResourceTypePtr ControllerWorld::type_of(const std::string& kind) const {
  for (const local::ResourceTypePtr& type : registry->types())
    if (type->kind == kind) return type;
  FAIL("no kind " << kind);
  return nullptr;
}

Json ControllerWorld::create(const Json& object) {
  const auto type = type_of(string_at(object, "kind"));
  const auto made = registry->create(
      *type, string_at(object, "metadata.namespace", namespace_of(*type)), dump_json(object));
  INFO((made ? "" : made.error().message));
  REQUIRE(made);
  clock.settle();
  return *parse_json(*made->object->json);
}

Json ControllerWorld::patch(const std::string& kind, const std::string& name,
                            const Json& merge_patch, kube::Subresource subresource) {
  const auto type = type_of(kind);
  const auto done = registry->patch(*type, {namespace_of(*type), name}, subresource,
                                    kube::PatchType::Merge, dump_json(merge_patch));
  INFO((done ? "" : done.error().message));
  REQUIRE(done);
  clock.settle();
  return *parse_json(*done->object->json);
}

Json ControllerWorld::patch_status(const Json& status) {
  return patch("Rollout", "shop", {{"status", status}}, kube::Subresource::Status);
}

void ControllerWorld::remove(const std::string& kind, const std::string& name) {
  remove_from(namespace_of(*type_of(kind)), kind, name);
}

void ControllerWorld::remove_from(const std::string& namespace_, const std::string& kind,
                                  const std::string& name) {
  REQUIRE(registry->remove(*type_of(kind), {namespace_, name}));
  clock.settle();
}

void ControllerWorld::release(const std::string& image) {
  const Json containers = Json::array({{{"name", "shop"}, {"image", image}}});
  patch("Rollout", "shop", {{"spec", {{"template", {{"spec", {{"containers", containers}}}}}}}});
}

void ControllerWorld::promote() {
  patch_status({{"pauseConditions", nullptr}});
}

void ControllerWorld::abort() {
  patch_status({{"abort", true}});
}

void ControllerWorld::retry() {
  patch_status({{"abort", false}});
}

Json ControllerWorld::get(const std::string& kind, const std::string& name) const {
  const auto type = type_of(kind);
  const auto found = registry->get(*type, {namespace_of(*type), name});
  return found ? *parse_json(*(*found)->json) : Json();
}

std::vector<Json> ControllerWorld::list(const std::string& kind) const {
  const auto page = registry->list(*type_of(kind), {});
  REQUIRE(page);
  std::vector<Json> items;
  for (const local::ObjectPtr& item : page->items) items.push_back(*parse_json(*item->json));
  return items;
}

Json ControllerWorld::rollout() const {
  return get("Rollout", "shop");
}

std::string ControllerWorld::phase() const {
  const Json now = rollout();
  const std::string generation = std::to_string(int_at(now, "metadata.generation"));
  // What is said of an older spec is no answer.
  if (string_at(now, "status.observedGeneration") != generation) return "";
  return string_at(now, "status.phase");
}

std::string ControllerWorld::message() const {
  return string_at(rollout(), "status.message");
}

int64_t ControllerWorld::canary_weight() const {
  return weight_in(get("HTTPRoute", "shop"));
}

std::string ControllerWorld::selected_by(const std::string& service) const {
  const Json found = get("Service", service);
  return found["spec"]["selector"].value(std::string(crds::kPodTemplateHashLabel), "");
}

Json ControllerWorld::revision(const std::string& image) const {
  for (const Json& replica_set : list("ReplicaSet")) {
    const Json* containers = find_path(replica_set, "spec.template.spec.containers");
    if (string_at(containers->front(), "image") == image) return replica_set;
  }
  return {};
}

std::string ControllerWorld::hash(const std::string& image) const {
  const Json found = revision(image);
  if (found.is_null()) return "";
  return found["metadata"]["labels"].value(std::string(crds::kPodTemplateHashLabel), "");
}

int64_t ControllerWorld::pods(const std::string& image) const {
  return int_at(revision(image), "spec.replicas");
}

std::string ControllerWorld::reasons() {
  std::string text = fmt::format("{}: {}", phase(), message());
  if (!controller_) return text;
  const ObjectKey key{"default", "shop"};
  const Explanation why = controller_->explain(key);
  for (const crds::Wait& wait : why.waits)
    text += fmt::format("; {}: {}", wait.reason, wait.message);
  for (const engine::Reason& reason : why.reasons)
    text += fmt::format("; {}: {}", reason.code, reason.message);
  return text;
}

}  // namespace sluice::controller::test
