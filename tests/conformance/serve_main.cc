// Serves the Kubernetes API of an empty cluster for the tests of its clients:
//   serve [--no-controllers] FOLDER
// prints "url=", "ca=", "token=" and "kubeconfig=" lines and "ready", and ends when its standard
// input closes. Objects live in memory; garbage is collected and ReplicaSets get their pods, but
// nothing runs these. Each pod has a log of three lines. Without controllers ReplicaSets are left
// to the test, as beside a bare API server.
//   serve --gateway-crds
// prints the CRDs of the Gateway API as a List.

#include "local/api/api_server.h"
#include "local/certificates.h"
#include "local/kubeconfig_writer.h"
#include "local/pods/replicaset_controller.h"
#include "local/store/database.h"
#include "local/store/garbage_collector.h"
#include "local/store/gateway_crds.h"
#include "local/store/store.h"
#include "net/event_loop.h"
#include "net/http_server.h"
#include "net/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace sluice::local {

namespace {

namespace asio = boost::asio;

/// Three lines, one a read.
class ScriptedLog final : public PodLogStream {
 public:
  asio::awaitable<Result<std::optional<std::string>>> read() override {
    if (line_ == 3) co_return std::nullopt;
    co_return fmt::format("line {}\n", ++line_);
  }

 private:
  int line_ = 0;
};

class ScriptedLogs final : public PodLogs {
 public:
  asio::awaitable<Result<std::unique_ptr<PodLogStream>>> open(ObjectKey,
                                                              PodLogQuery query) override {
    if (query.previous) co_return fail(invalid("there is no previous instance"));
    co_return std::make_unique<ScriptedLog>();
  }
};

/// Returns when standard input has ended.
asio::awaitable<void> input_ended() {
  asio::posix::stream_descriptor input(co_await asio::this_coro::executor, ::dup(STDIN_FILENO));
  std::array<char, 256> ignored{};
  while (true) {
    const auto [error, size] =
        co_await input.async_read_some(asio::buffer(ignored), asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
  }
}

kube::WatchCache::Options watch_all(const char* group, const char* kind) {
  kube::WatchCache::Options options;
  options.resource = *kube::find_resource(group, kind);
  return options;
}

/// The ReplicaSet controller and what it needs.
struct Controllers {
  Controllers(Registry& registry, Clock& clock, const asio::any_io_executor& executor)
      : store(registry),
        pods(store, clock, executor, watch_all("", "Pod")),
        replicasets(store, clock, executor, watch_all("apps", "ReplicaSet")),
        events(store, clock, executor, "replicaset-controller"),
        facts(pods),
        replicaset_controller(store, clock, executor, replicasets, pods, facts, events),
        tasks(executor) {
    tasks.spawn("pods", pods.run());
    tasks.spawn("replicasets", replicasets.run());
    tasks.spawn("events", events.run());
    tasks.spawn("replicaset controller", replicaset_controller.run());
  }

  Store store;
  kube::WatchCache pods;
  kube::WatchCache replicasets;
  kube::EventRecorder events;
  PodFactsMemo facts;
  ReplicaSetController replicaset_controller;
  net::TaskGroup tasks;
};

struct Server {
  std::unique_ptr<Registry> registry;
  std::unique_ptr<GarbageCollector> collector;
  std::unique_ptr<Controllers> controllers;
  Credentials credentials;
  ScriptedLogs logs;
  std::unique_ptr<ApiServer> api;
  std::unique_ptr<net::HttpServer> http;
};

struct ServeOptions {
  std::filesystem::path folder;
  bool controllers = true;
};

Result<void> start(Server& server, net::EventLoop& loop, const ServeOptions& asked) {
  auto database = Database::open(":memory:");
  if (!database) return fail(database.error());
  auto registry = Registry::open(std::move(*database), loop.clock());
  if (!registry) return fail(registry.error());
  server.registry = std::move(*registry);
  server.collector = std::make_unique<GarbageCollector>(*server.registry, loop.clock());
  server.collector->start();
  if (asked.controllers) {
    server.controllers =
        std::make_unique<Controllers>(*server.registry, loop.clock(), loop.executor());
  }
  auto credentials = ensure_credentials(asked.folder, "127.0.0.1", loop.clock().system_now());
  if (!credentials) return fail(credentials.error());
  server.credentials = std::move(*credentials);
  server.api = std::make_unique<ApiServer>(*server.registry, loop.clock(), &server.logs,
                                           ApiServerOptions{server.credentials.token});
  net::ServerOptions options;
  options.certificate = server.credentials.server.certificate;
  options.key = server.credentials.server.key;
  options.client_ca = server.credentials.ca;
  server.http = net::make_http_server(loop.executor(), options, *server.api);
  return server.http->start();
}

Result<void> announce(const Server& server, const std::filesystem::path& folder) {
  const std::string url = fmt::format("https://127.0.0.1:{}", server.http->port());
  const std::filesystem::path kubeconfig = folder / "kubeconfig";
  if (auto written = write_kubeconfig(kubeconfig, url, server.credentials); !written)
    return written;
  fmt::print("url={}\nca={}\ntoken={}\nkubeconfig={}\nready\n", url, (folder / "ca.crt").string(),
             server.credentials.token, kubeconfig.string());
  std::fflush(stdout);
  return {};
}

asio::awaitable<int> serve(net::EventLoop& loop, ServeOptions asked) {
  Server server;
  auto started = start(server, loop, asked);
  if (started) started = announce(server, asked.folder);
  if (started)
    co_await input_ended();
  else
    fmt::print(stderr, "{}\n", started.error().message);
  if (server.http) co_await server.http->stop();
  if (server.controllers) co_await server.controllers->tasks.stop();
  co_return started ? 0 : 1;
}

void print_gateway_crds() {
  std::string items;
  for (const std::string& definition : gateway_crds())
    items += (items.empty() ? "" : ",") + definition;
  fmt::print(R"({{"apiVersion":"v1","kind":"List","items":[{}]}})"
             "\n",
             items);
}

}  // namespace

}  // namespace sluice::local

int main(int argc, char** argv) {
  const std::string_view last = argc > 1 ? argv[argc - 1] : "";
  if (argc == 2 && last == "--gateway-crds") {
    sluice::local::print_gateway_crds();
    return 0;
  }
  const bool bare = argc == 3 && std::string_view(argv[1]) == "--no-controllers";
  if (argc != 2 && !bare) {
    fmt::print(stderr, "usage: serve [--no-controllers] FOLDER | serve --gateway-crds\n");
    return 2;
  }
  sluice::net::EventLoop loop;
  sluice::local::ServeOptions asked{.folder = last, .controllers = !bare};
  return loop.run(sluice::local::serve(loop, std::move(asked)));
}
