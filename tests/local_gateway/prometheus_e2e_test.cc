// A real Prometheus finds pods, scrapes them and answers.

#include "local/prometheus_process.h"
#include "local/prometheus_targets.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/sleep.h"
#include "tests/local_pods/test_programs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>

namespace sluice::local {
namespace {

using namespace std::chrono_literals;

/// The cluster's API server and a pod in one: /targets and /stats.
class FakeCluster final : public net::HttpHandler {
 public:
  explicit FakeCluster(net::EventLoop& loop)
      : server_(make_http_server(loop.executor(), {}, *this)) {
    REQUIRE(server_->start());
  }

  asio::awaitable<void> stop() { return server_->stop(); }

  std::string url() const { return fmt::format("http://127.0.0.1:{}/targets", server_->port()); }

  asio::awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override {
    net::HttpResponse response;
    response.status = 200;
    if (request.path == "/stats") {
      response.headers.add("Content-Type", "text/plain; version=0.0.4");
      response.body = "shop_requests_total 7\n";
    } else if (request.headers.get("Authorization") != "Bearer secret \"token\"") {
      response.status = 401;
    } else {
      response.headers.add("Content-Type", "application/json");
      response.body = PrometheusTargets().render({make_json_text(pod().dump())});
    }
    co_await responder.send(std::move(response));
  }

 private:
  Json pod() const {
    Json object = *parse_json(R"({
      "metadata": {"namespace": "default", "name": "shop-1", "uid": "u",
        "labels": {"app": "shop", "rollouts-pod-template-hash": "5b7c"},
        "annotations": {"prometheus.io/scrape": "true", "prometheus.io/path": "/stats"}},
      "spec": {"containers": [
        {"name": "app", "ports": [{"containerPort": 1}]},
        {"name": "side", "ports": [{"containerPort": 2}]}]},
      "status": {"phase": "Running", "podIP": "127.0.0.1"}})");
    object["metadata"]["annotations"]["prometheus.io/port"] = std::to_string(server_->port());
    return object;
  }

  std::unique_ptr<net::HttpServer> server_;
};

/// The result of an instant query, or null while there is none.
asio::awaitable<Json> query(net::HttpClient& client, std::string url) {
  net::HttpRequest request;
  request.url = url + "/api/v1/query?query=shop_requests_total";
  const Result<net::HttpResponse> response = co_await client.send(std::move(request));
  if (!response || response->status != 200) co_return Json();
  const Result<Json> body = parse_json(response->body);
  const Json* results = body ? find_path(*body, "data.result") : nullptr;
  co_return results == nullptr ? Json() : *results;
}

/// The process that works in that folder.
int pid_in(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::error_code gone;
    const auto place = std::filesystem::read_symlink(entry.path() / "cwd", gone);
    if (!gone && place == folder) return std::stoi(entry.path().filename());
  }
  return 0;
}

/// Stops Prometheus as a debugger would: another takes its place, with its data.
asio::awaitable<void> is_started_anew(net::EventLoop& loop, net::HttpClient& client,
                                      std::string url, std::filesystem::path folder) {
  const int pid = pid_in(folder);
  REQUIRE(pid > 0);
  REQUIRE(kill(pid, SIGSTOP) == 0);
  co_await eventually(loop.clock(), "Prometheus is ended", [pid] { return !is_running(pid); });
  const SteadyTime deadline = loop.clock().steady_now() + kGenerous;
  Json results;
  while (results.empty() && loop.clock().steady_now() < deadline) {
    results = co_await query(client, url);
    co_await net::sleep_for(loop.clock(), 100ms);
  }
  CHECK(results.size() == 1);
}

asio::awaitable<int> scrapes_pods(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  FakeCluster cluster(loop);
  auto client = net::make_http_client(loop.executor(), {});
  REQUIRE(client);
  PrometheusProcess::Options options{
      .folder = (folder / "prometheus").string(),
      .log_path = (folder / "prometheus.log").string(),
      .config = {.targets_url = cluster.url(), .token = "secret \"token\"", .ca_file = ""}};
  PrometheusProcess prometheus(loop.executor(), loop.clock(), keeper, **client, options);
  const Result<void> started = co_await prometheus.start();
  INFO(read_file(folder / "prometheus.log"));
  REQUIRE(started);

  const SteadyTime deadline = loop.clock().steady_now() + kGenerous;
  Json results;
  while (results.empty() && loop.clock().steady_now() < deadline) {
    results = co_await query(**client, prometheus.url());
    co_await net::sleep_for(loop.clock(), 100ms);
  }
  // Two containers, one annotated port: one target.
  REQUIRE(results.size() == 1);
  const Json& labels = results[0]["metric"];
  CHECK(labels["rollouts_pod_template_hash"] == "5b7c");
  CHECK(labels["app"] == "shop");
  CHECK(labels["namespace"] == "default");
  CHECK(labels["pod"] == "shop-1");
  CHECK(results[0]["value"][1] == "7");
  co_await is_started_anew(loop, **client, prometheus.url(), folder / "prometheus");
  co_await prometheus.stop();
  co_await cluster.stop();
  co_await keeper.stop();
  co_return 0;
}

TEST_CASE("Prometheus finds annotated pods and labels what it scrapes", "[prometheus]") {
  run_on_loop(scrapes_pods);
}

}  // namespace
}  // namespace sluice::local
