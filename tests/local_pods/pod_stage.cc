#include "tests/local_pods/pod_stage.h"

#include "net/sleep.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <csignal>

namespace sluice::local {

namespace {

ResourceTypePtr type_of(const std::string& kind) {
  for (const ResourceTypePtr& type : builtin_types())
    if (type->kind == kind) return type;
  FAIL("no kind " << kind);
  return nullptr;
}

}  // namespace

asio::awaitable<Result<Process>> ScriptedRunner::start(ProcessSpec spec, ExitCallback on_exit) {
  if (refusal) co_return fail(*refusal);
  const uint64_t id = programs.size() + 1;
  programs[id] = Program{std::move(spec), std::move(on_exit), {}, true};
  co_return Process{id, static_cast<int>(id)};
}

void ScriptedRunner::signal(uint64_t id, int number) {
  Program& program = programs.at(id);
  program.signals.push_back(number);
  std::string pod;
  for (const auto& [name, value] : program.spec.env) pod = name == "HOSTNAME" ? value : pod;
  if (program.running && (number == SIGKILL || !stubborn.contains(pod))) {
    program.running = false;
    program.on_exit({128 + number, number});
  }
}

void ScriptedRunner::exit(uint64_t id, int code) {
  Program& program = programs.at(id);
  REQUIRE(program.running);
  program.running = false;
  program.on_exit({code, 0});
}

uint64_t ScriptedRunner::newest(const std::string& pod) const {
  uint64_t newest = 0;
  for (const auto& [id, program] : programs)
    for (const auto& [name, value] : program.spec.env)
      newest = name == "HOSTNAME" && value == pod ? id : newest;
  return newest;
}

size_t ScriptedRunner::running() const {
  size_t count = 0;
  for (const auto& [id, program] : programs) count += program.running ? 1 : 0;
  return count;
}

asio::awaitable<ActionResult> ScriptedActions::perform(ProbeAction action, ActionTarget,
                                                       Duration timeout) {
  std::string what = "tcp";
  if (const auto* http = std::get_if<HttpGetAction>(&action))
    what = http->path;
  else if (std::holds_alternative<ExecAction>(action))
    what = "exec";
  performed.push_back(what);
  if (hanging.contains(what)) {
    co_await net::sleep_for(clock_, timeout);
    co_return ActionResult{false, "scripted to hang"};
  }
  if (failing.contains(what)) co_return ActionResult{false, "scripted to fail"};
  co_return ActionResult{true, ""};
}

PodStage::PodStage() {
  folder.write("images/shop/v1/image.json", R"({"entrypoint": ["shop"]})");
  clock.drive(context);
  registry = Registry::open(Database::open(":memory:").value(), clock).value();
  collector = std::make_unique<GarbageCollector>(*registry, clock);
  collector->start();
  store = std::make_unique<Store>(*registry);
  start_runtime();
}

PodStage::~PodStage() {
  stop_runtime();
}

void PodStage::start_runtime() {
  PodRuntimeOptions options;
  options.images = folder / "images";
  options.logs = folder / "logs";
  options.listeners = [this] { return listeners; };
  options.pods_max = pods_max;
  runtime =
      std::make_unique<PodRuntime>(*store, clock, context.get_executor(), runner, actions, options);
  boost::asio::co_spawn(context, runtime->start(), [](std::exception_ptr error, Result<void> done) {
    CHECK_FALSE(error);
    CHECK(done);
  });
  settle();
}

void PodStage::stop_runtime() {
  bool stopped = false;
  boost::asio::co_spawn(context, runtime->stop(),
                        [&stopped](std::exception_ptr error) { stopped = !error; });
  settle();
  CHECK(stopped);
  runtime.reset();
}

void PodStage::restart() {
  stop_runtime();
  for (auto& [id, program] : runner.programs) program.running = false;  // The keeper ended them.
  start_runtime();
}

void PodStage::create(const std::string& kind, const Json& object) {
  const ResourceTypePtr type = type_of(kind);
  const auto created = registry->create(*type, "default", dump_json(object));
  INFO((created ? "" : created.error().message));
  REQUIRE(created.has_value());
  settle();
}

void PodStage::patch(const std::string& kind, const std::string& name, const Json& merge_patch) {
  const ResourceTypePtr type = type_of(kind);
  const auto patched = registry->patch(*type, {"default", name}, Subresource::None,
                                       PatchType::Merge, dump_json(merge_patch));
  INFO((patched ? "" : patched.error().message));
  REQUIRE(patched.has_value());
  settle();
}

void PodStage::remove(const std::string& kind, const std::string& name,
                      std::optional<int64_t> grace) {
  const ResourceTypePtr type = type_of(kind);
  DeleteOptions options;
  options.grace_period_seconds = grace;
  REQUIRE(registry->remove(*type, {"default", name}, options).has_value());
  settle();
}

Json PodStage::get(const std::string& kind, const std::string& name) {
  const ResourceTypePtr type = type_of(kind);
  const auto found = registry->get(*type, {type->namespaced ? "default" : "", name});
  return found ? parse_json(*(*found)->json).value() : Json();
}

std::vector<Json> PodStage::list(const std::string& kind) {
  const ResourceTypePtr type = type_of(kind);
  std::vector<Json> objects;
  const auto page = registry->list(*type, {});
  REQUIRE(page.has_value());
  for (const auto& object : page->items) objects.push_back(parse_json(*object->json).value());
  return objects;
}

std::multiset<std::string> PodStage::events_about(const std::string& name) {
  std::multiset<std::string> reasons;
  for (const Json& event : list("Event"))
    if (string_at(event, "involvedObject.name") == name) reasons.insert(string_at(event, "reason"));
  return reasons;
}

Json one_pod(const std::string& name, const Json& container, const Json& spec) {
  Json app{{"name", "app"},
           {"image", "shop:v1"},
           {"ports", Json::array({{{"name", "http"}, {"containerPort", 8080}}})}};
  app.update(container, true);
  Json pod_spec{{"containers", Json::array({app})}};
  pod_spec.update(spec);
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", {{"name", name}, {"labels", {{"app", name}}}}},
          {"spec", pod_spec}};
}

Json replicaset_of(const std::string& name, int replicas, const Json& container) {
  const Json pod = one_pod(name, container);
  const Json labels{{"app", name}};
  return {{"apiVersion", "apps/v1"},
          {"kind", "ReplicaSet"},
          {"metadata", {{"name", name}}},
          {"spec",
           {{"replicas", replicas},
            {"selector", {{"matchLabels", labels}}},
            {"template", {{"metadata", {{"labels", labels}}}, {"spec", pod["spec"]}}}}}};
}

Json http_probe(const std::string& path, int period_seconds, int failure_threshold) {
  return {{"httpGet", {{"path", path}, {"port", "http"}}},
          {"periodSeconds", period_seconds},
          {"failureThreshold", failure_threshold}};
}

std::string container_state(const Json& pod) {
  const Json* statuses = find_path(pod, "status.containerStatuses");
  if (statuses == nullptr || statuses->empty()) return "";
  const Json& state = statuses->front()["state"];
  if (state.contains("waiting")) return "waiting " + string_at(state, "waiting.reason");
  if (state.contains("terminated"))
    return "terminated " + std::to_string(int_at(state, "terminated.exitCode"));
  return state.contains("running") ? "running" : "";
}

bool holds(const Json& pod, const std::string& type) {
  const Json* conditions = find_path(pod, "status.conditions");
  for (const Json& condition : conditions == nullptr ? Json::array() : *conditions)
    if (string_at(condition, "type") == type) return string_at(condition, "status") == "True";
  return false;
}

}  // namespace sluice::local
