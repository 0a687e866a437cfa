#include "local/pods/pod_runtime.h"
#include "net/http_client.h"
#include "net/sleep.h"
#include "net/task_group.h"
#include "tests/local_pods/pod_stage.h"

#include <fmt/format.h>

namespace sluice::local {

namespace {

/// A program that answers HTTP on its pod's address.
constexpr const char* kServer = R"(#!/usr/bin/python3
import http.server, os, signal, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 404)
        self.end_headers()
    def log_message(self, *args):
        pass
def leave(*args):
    print("leaving", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("serving on", os.environ["POD_IP"], os.environ["GREETING"], flush=True)
http.server.HTTPServer((os.environ["POD_IP"], 8080), Handler).serve_forever()
)";

/// The pod runtime with real programs on a real clock.
struct Cluster {
  explicit Cluster(net::EventLoop& event_loop)
      : loop(event_loop),
        registry(Registry::open(Database::open(":memory:").value(), loop.clock()).value()),
        collector(*registry, loop.clock()),
        store(*registry),
        http(net::make_http_client(loop.executor(), {}).value()),
        keeper(loop.executor()),
        actions(loop.clock(), *http, keeper) {
    collector.start();
    PodRuntimeOptions options;
    options.images = folder / "images";
    options.logs = folder / "logs";
    options.address_seed = static_cast<uint32_t>(getpid());
    runtime.emplace(store, loop.clock(), loop.executor(), keeper, actions, options);
  }

  asio::awaitable<void> start() {
    const Result<void> started = co_await runtime->start();
    REQUIRE(started);
  }

  asio::awaitable<void> stop() {
    co_await runtime->stop();
    co_await keeper.stop();
  }

  Result<ObjectPtr> find(const std::string& kind, const std::string& name) {
    const auto found = registry->get(*registry->find_kind("", kind), ObjectKey{"default", name});
    return found ? Result<ObjectPtr>(*found) : fail(not_found(name));
  }

  Json get(const std::string& name) {
    const Result<ObjectPtr> pod = find("Pod", name);
    return pod ? parse_json(*(*pod)->json).value() : Json();
  }

  void create(const Json& pod) {
    const auto created =
        registry->create(*registry->find_kind("", "Pod"), "default", dump_json(pod));
    INFO((created ? "" : created.error().message));
    CHECK(created.has_value());
  }

  asio::awaitable<void> reaches(const char* name, bool (*condition)(const Json&)) {
    const std::function<bool()> reached = [this, name, condition] { return condition(get(name)); };
    co_await eventually(loop.clock(), fmt::format("pod {} is as it should be", name), reached);
  }

  asio::awaitable<std::string> log(const char* pod, PodLogQuery query) {
    query.container = "app";
    const ObjectKey key{"default", pod};
    const auto stream = co_await runtime->logs().open(key, query);
    if (!stream) co_return stream.error().message;
    std::string text;
    while (true) {
      const auto piece = co_await (*stream)->read();
      if (!piece || !*piece) co_return text;
      text += **piece;
    }
  }

  TemporaryFolder folder;
  net::EventLoop& loop;
  std::unique_ptr<Registry> registry;
  GarbageCollector collector;
  Store store;
  std::unique_ptr<net::HttpClient> http;
  Keeper keeper;
  RealPodActions actions;
  std::optional<PodRuntime> runtime;
};

bool is_running_pod(const Json& pod) {
  return container_state(pod) == "running";
}

bool is_ready_pod(const Json& pod) {
  return holds(pod, "Ready");
}

bool is_gone(const Json& pod) {
  return pod.is_null();
}

bool is_crash_looping(const Json& pod) {
  return container_state(pod) == "waiting CrashLoopBackOff";
}

bool has_failed_pull(const Json& pod) {
  return container_state(pod) == "waiting ErrImagePull";
}

bool backs_off_pulling(const Json& pod) {
  return container_state(pod) == "waiting ImagePullBackOff";
}

int restart_count(const Json& pod) {
  return static_cast<int>(int_at(pod["status"]["containerStatuses"][0], "restartCount"));
}

Json command(const std::string& script) {
  return {{"command", Json::array({"/bin/sh", "-c", script})}};
}

Json serving_container(const Json& readiness) {
  return {{"command", Json::array({"./server"})},
          {"env", Json::array({{{"name", "GREETING"}, {"value", "to $(POD_IP)"}}})},
          {"readinessProbe", readiness}};
}

const PodLogQuery kWhole;

asio::awaitable<int> a_pod_serves_and_leaves(net::EventLoop& loop) {
  Cluster cluster(loop);
  cluster.folder.write("images/shop/v1/server", kServer);
  co_await cluster.start();
  cluster.create(one_pod("web", serving_container(http_probe("/ready", 1, 3))));
  const Json tcp{{"tcpSocket", {{"port", 8080}}}};
  cluster.create(one_pod("tcp", serving_container(tcp)));
  co_await cluster.reaches("web", is_ready_pod);
  co_await cluster.reaches("tcp", is_ready_pod);
  const std::string ip = string_at(cluster.get("web"), "status.podIP");
  const std::string first_words = co_await cluster.log("web", kWhole);
  CHECK(first_words == "serving on " + ip + " to " + ip + "\n");

  const auto type = cluster.registry->find_kind("", "Pod");
  CHECK(cluster.registry->remove(*type, {"default", "web"}).has_value());
  PodLogQuery follow;
  follow.follow = true;
  const std::string last_words = co_await cluster.log("web", follow);
  CHECK(last_words == "serving on " + ip + " to " + ip + "\nleaving\n");
  co_await cluster.reaches("web", is_gone);
  co_await cluster.stop();
  co_return 0;
}

asio::awaitable<int> a_crash_loop(net::EventLoop& loop) {
  Cluster cluster(loop);
  cluster.folder.write("images/shop/v1/empty", "");
  co_await cluster.start();
  cluster.create(one_pod("shop", command("echo run; exit 3")));
  co_await cluster.reaches("shop", is_crash_looping);
  CHECK(restart_count(cluster.get("shop")) == 1);
  const std::string log = co_await cluster.log("shop", kWhole);
  CHECK(log == "run\n");
  PodLogQuery stamped;
  stamped.timestamps = true;
  const std::string stamped_log = co_await cluster.log("shop", stamped);
  CHECK(parse_time(stamped_log.substr(0, 30)).has_value());
  co_await cluster.stop();
  co_return 0;
}

asio::awaitable<int> exec_probes(net::EventLoop& loop) {
  Cluster cluster(loop);
  cluster.folder.write("images/shop/v1/check", "#!/bin/sh\nexit 0\n");
  co_await cluster.start();
  const auto probing = [](const char* program) {
    Json container = command("sleep 1000");
    container["readinessProbe"] = {{"exec", {{"command", Json::array({program})}}}};
    return container;
  };
  cluster.create(one_pod("good", probing("./check")));
  cluster.create(one_pod("bad", probing("false")));
  co_await cluster.reaches("good", is_ready_pod);
  co_await cluster.reaches("bad", is_running_pod);
  CHECK_FALSE(is_ready_pod(cluster.get("bad")));
  co_await cluster.stop();
  co_return 0;
}

asio::awaitable<int> a_missing_image(net::EventLoop& loop) {
  Cluster cluster(loop);
  co_await cluster.start();
  cluster.create(one_pod("shop", command("sleep 1000")));
  co_await cluster.reaches("shop", has_failed_pull);
  const std::string log = co_await cluster.log("shop", kWhole);
  CHECK(log == "container \"app\" in pod \"shop\" is waiting to start: ErrImagePull");
  co_await cluster.reaches("shop", backs_off_pulling);
  cluster.folder.write("images/shop/v1/empty", "");
  co_await cluster.reaches("shop", is_running_pod);
  co_await cluster.stop();
  co_return 0;
}

asio::awaitable<int> grace_ends_in_a_kill(net::EventLoop& loop) {
  Cluster cluster(loop);
  cluster.folder.write("images/shop/v1/empty", "");
  co_await cluster.start();
  cluster.create(one_pod("shop", command("trap '' TERM; echo ready; while :; do sleep 0.05; done"),
                         {{"terminationGracePeriodSeconds", 1}}));
  co_await cluster.reaches("shop", is_running_pod);
  const SteadyTime begun = loop.clock().steady_now();
  const auto type = cluster.registry->find_kind("", "Pod");
  CHECK(cluster.registry->remove(*type, {"default", "shop"}).has_value());
  co_await cluster.reaches("shop", is_gone);
  CHECK(loop.clock().steady_now() - begun >= std::chrono::seconds(1));
  co_await cluster.stop();
  co_return 0;
}

}  // namespace

TEST_CASE("A pod serves on its address, is probed, logs, and leaves on SIGTERM") {
  run_on_loop(a_pod_serves_and_leaves);
}

TEST_CASE("A program that crashes is shown in back-off, with its log") {
  run_on_loop(a_crash_loop);
}

TEST_CASE("Exec probes run beside the container") {
  run_on_loop(exec_probes);
}

TEST_CASE("A missing image heals when its folder appears") {
  run_on_loop(a_missing_image);
}

TEST_CASE("A program that ignores SIGTERM is killed after its grace") {
  run_on_loop(grace_ends_in_a_kill);
}

}  // namespace sluice::local
