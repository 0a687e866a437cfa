// How soon a bad verdict has taken the traffic back: from the metric's answer to the routing write
// that was acknowledged. For one Rollout alone; then for N at the same moment, while as many others
// ask a source that never answers. Beside it the bare time of such a write.
//
//   revert_bench [--rollouts N] [--controller PROGRAM]
//
// The controller runs in a process of its own. API server (bench/cluster.h) and metric source are
// in this one; what they take is in the figures, so the processor time of both is told, too.

#include "bench/cluster.h"
#include "bench/controller_child.h"
#include "kube/api_client.h"
#include "net/notifier.h"
#include "net/sleep.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::bench {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLongest = std::chrono::minutes(5);
constexpr int kBarePatches = 200;
/// Unless `--rollouts` says otherwise.
constexpr int kRollouts = 300;

/// A Prometheus that finds every shop well, until it is told to judge: then it waits until so many
/// have asked, and answers all at once that they are not. Who asks for "silence" hears nothing.
class Metrics final : public net::HttpHandler {
 public:
  Metrics(Clock& clock, const net::asio::any_io_executor& executor)
      : clock_(clock), verdict_(executor), silence_(executor) {}

  /// Judges those whose name begins so, once so many of them have asked; `begins` is called then.
  void judge(std::string prefix, size_t count, std::function<void()> begins) {
    prefix_ = std::move(prefix);
    count_ = count;
    waiting_ = 0;
    begins_ = std::move(begins);
  }

  net::Awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override {
    const std::string query = net::query_parameter(request.query, "query").value_or("");
    while (query == "silence") co_await silence_.wait();
    const bool bad = !prefix_.empty() && query.starts_with(prefix_);
    if (bad && ++waiting_ < count_) {
      co_await verdict_.wait();
    } else if (bad) {
      if (begins_) std::exchange(begins_, nullptr)();
      verdict_.notify();
    }
    if (bad) judged.emplace(query, clock_.steady_now());
    const Json sample = {{"metric", Json::object()}, {"value", {0, bad ? "0" : "1"}}};
    const Json answer = {{"status", "success"},
                         {"data", {{"resultType", "vector"}, {"result", Json::array({sample})}}}};
    co_await responder.send({.status = 200,
                             .headers = {{"Content-Type", "application/json"}},
                             .body = dump_json(answer)});
  }

  std::map<std::string, SteadyTime> judged;  ///< When each was answered that it is not well.

 private:
  Clock& clock_;
  net::Notifier verdict_;
  net::Notifier silence_;
  std::string prefix_;
  std::function<void()> begins_;
  size_t count_ = 0;
  size_t waiting_ = 0;
};

std::string name_of(std::string_view group, int number) {
  return fmt::format("{}-{:04}", group, number);
}

void create_service(Cluster& cluster, const std::string& name, const std::string& app) {
  cluster.create(
      "Service",
      dump_json(
          {{"apiVersion", "v1"},
           {"kind", "Service"},
           {"metadata", {{"name", name}}},
           {"spec", {{"selector", {{"app", app}}}, {"ports", Json::array({{{"port", 80}}})}}}}));
}

void create_route(Cluster& cluster, const std::string& name) {
  const auto backend = [&name](const char* role, int weight) {
    return Json{{"name", name + role}, {"port", 80}, {"weight", weight}};
  };
  const Json rule = {
      {"backendRefs", Json::array({backend("-stable", 100), backend("-canary", 0)})}};
  cluster.create("HTTPRoute", dump_json({{"apiVersion", "gateway.networking.k8s.io/v1"},
                                         {"kind", "HTTPRoute"},
                                         {"metadata", {{"name", name}}},
                                         {"spec",
                                          {{"parentRefs", Json::array({{{"name", "public"}}})},
                                           {"rules", Json::array({rule})}}}}));
}

void create_shop(Cluster& cluster, const std::string& name, const std::string& question) {
  create_service(cluster, name + "-stable", name);
  create_service(cluster, name + "-canary", name);
  create_route(cluster, name);
  Json rollout = Json::parse(R"({
    "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
    "spec": {"replicas": 1,
             "template": {"spec": {"containers": [{"name": "app", "image": "app:v1"}]}},
             "strategy": {"canary": {"steps": [
               {"setWeight": 20},
               {"analysis": {"templates": [{"templateName": "health"}]}}]}}}})");
  rollout["metadata"]["name"] = name;
  rollout["spec"]["selector"]["matchLabels"]["app"] = name;
  rollout["spec"]["template"]["metadata"]["labels"]["app"] = name;
  Json& canary = rollout["spec"]["strategy"]["canary"];
  canary["stableService"] = name + "-stable";
  canary["canaryService"] = name + "-canary";
  canary["trafficRouting"]["plugins"]["argoproj-labs/gatewayAPI"]["httpRoute"] = name;
  canary["steps"][1]["analysis"]["args"] =
      Json::array({{{"name", "question"}, {"value", question}}});
  cluster.create("Rollout", dump_json(rollout));
}

void create_template(Cluster& cluster, uint16_t port) {
  const std::string address = fmt::format("http://127.0.0.1:{}", port);
  cluster.create(
      "AnalysisTemplate",
      dump_json(
          {{"apiVersion", "argoproj.io/v1alpha1"},
           {"kind", "AnalysisTemplate"},
           {"metadata", {{"name", "health"}}},
           {"spec",
            {{"args", Json::array({{{"name", "question"}}})},
             {"metrics",
              Json::array({{{"name", "health"},
                            {"interval", "2s"},
                            {"count", 100'000},
                            {"successCondition", "result[0] > 0.5"},
                            {"provider",
                             {{"prometheus",
                               {{"address", address}, {"query", "{{args.question}}"}}}}}}})}}}}));
}

/// How far each Rollout has come.
class Shops {
 public:
  explicit Shops(Cluster& cluster) : cluster_(cluster) {
    observation_ = cluster.registry().observe([this](const local::Change& change) {
      if (change.resource->kind != "Rollout" || change.type == kube::WatchEventType::Deleted)
        return;
      const Json rollout = change.after->parse().value_or(Json());
      const std::string& name = change.after->meta.name;
      if (string_at(rollout, "status.phase") == "Healthy") healthy[name] = true;
      if (find_path(rollout, "status.canary.currentStepAnalysisRunStatus") != nullptr)
        judging[name] = true;
    });
  }

  void release(const std::string& name) {
    cluster_.patch(
        "Rollout", name, local::Subresource::None,
        R"({"spec":{"template":{"spec":{"containers":[{"name":"app","image":"app:v2"}]}}}})");
  }

  std::map<std::string, bool> healthy;
  std::map<std::string, bool> judging;

 private:
  Cluster& cluster_;
  std::shared_ptr<void> observation_;
};

template <typename Condition>
net::asio::awaitable<bool> wait_until(Clock& clock, Condition condition) {
  const SteadyTime deadline = clock.steady_now() + kLongest;
  while (!condition() && clock.steady_now() < deadline)
    co_await net::sleep_for(clock, std::chrono::milliseconds(10));
  co_return condition();
}

void print(std::string_view what, std::vector<Duration> times) {
  std::ranges::sort(times);
  const auto at = [&times](double share) {
    const auto index = static_cast<size_t>(share * static_cast<double>(times.size() - 1));
    return std::chrono::duration<double, std::milli>(times[index]).count();
  };
  if (times.empty())
    fmt::print("{:<58} none\n", what);
  else
    fmt::print("{:<58} p50 {:.1f} ms, p99 {:.1f} ms, longest {:.1f} ms\n", what, at(0.5), at(0.99),
               at(1));
  std::fflush(stdout);
}

net::asio::awaitable<bool> measure_bare(Cluster& cluster, net::EventLoop& loop) {
  const kube::LoginOptions options{.kubeconfig = cluster.kubeconfig().string()};
  const auto login = kube::find_login(options, kube::process_surroundings());
  if (!login) co_return false;
  const auto client = kube::make_api_client(loop.executor(), *login, loop.clock());
  if (!client) co_return false;
  const kube::Resource routes = *kube::find_resource("gateway.networking.k8s.io", "HTTPRoute");
  std::vector<Duration> times;
  for (int i = 0; i < kBarePatches; ++i) {
    const std::string body = fmt::format(
        R"([{{"op":"replace","path":"/spec/rules/0/backendRefs/1/weight","value":{}}}])", i % 2);
    const SteadyTime began = loop.clock().steady_now();
    const ObjectKey route{"default", "bare"};
    const auto done = co_await (*client)->patch(routes, route, kube::PatchType::Json, body, {});
    if (!done) co_return false;
    times.push_back(loop.clock().steady_now() - began);
  }
  print("a routing write alone", std::move(times));
  co_return true;
}

/// Processor time, in seconds.
struct Spent {
  double controller;
  double here;
};

Spent spent(const ControllerChild& child) {
  return {child.figures().cpu_s, static_cast<double>(std::clock()) / CLOCKS_PER_SEC};
}

/// From the answer to the routing write, for all Rollouts of the group, which are at their
/// analysis.
net::asio::awaitable<bool> measure_verdicts(Cluster& cluster, Clock& clock, Metrics& metrics,
                                            const ControllerChild& child, std::string group,
                                            size_t count) {
  std::map<std::string, SteadyTime> routed;
  Spent before{};
  metrics.judged.clear();
  cluster.written = [&](const ApiWrite& write) {
    if (write.what != "PATCH httproutes" || !metrics.judged.contains(write.name)) return;
    routed.emplace(write.name, clock.steady_now());
  };
  metrics.judge(group, count, [&] {
    before = spent(child);
    cluster.writes.clear();
  });
  const bool all = co_await wait_until(clock, [&] { return routed.size() >= count; });
  cluster.written = [](const ApiWrite&) {};
  std::vector<Duration> times;
  for (const auto& [name, at] : routed) times.push_back(at - metrics.judged.at(name));
  print(fmt::format("verdict to routing write, {} at once", count), std::move(times));
  const Spent after = spent(child);
  const double per_verdict = 1000 / static_cast<double>(count);
  fmt::print("{:<58} controller {:.1f} ms, API server and metric source {:.1f} ms\n",
             "  processor time meanwhile, a verdict",
             (after.controller - before.controller) * per_verdict,
             (after.here - before.here) * per_verdict);
  for (const auto& [write, number] : cluster.writes)
    fmt::print("  {:6} {} meanwhile\n", number, write);
  co_return all;
}

/// Deploys the Rollouts of a group and brings each to its analysis.
net::asio::awaitable<bool> bring_to_analysis(Shops& shops, Clock& clock,
                                             std::vector<std::string> names) {
  const auto all = [&names](const std::map<std::string, bool>& in) {
    return std::ranges::all_of(names, [&in](const auto& name) { return in.contains(name); });
  };
  const bool deployed = co_await wait_until(clock, [&] { return all(shops.healthy); });
  if (!deployed) co_return false;
  for (const std::string& name : names) shops.release(name);
  co_return co_await wait_until(clock, [&] { return all(shops.judging); });
}

net::asio::awaitable<bool> measure(Cluster& cluster, net::EventLoop& loop, Metrics& metrics,
                                   fs::path program, int rollouts) {
  Clock& clock = loop.clock();
  Shops shops(cluster);
  create_route(cluster, "bare");
  std::vector<std::string> names{name_of("alone", 0)};
  for (int i = 0; i < rollouts; ++i) names.push_back(name_of("many", i));
  for (const std::string& name : names) create_shop(cluster, name, name);
  for (int i = 0; i < rollouts; ++i) {
    names.push_back(name_of("unheard", i));
    create_shop(cluster, names.back(), "silence");
  }
  const auto child = ControllerChild::start(program, cluster.kubeconfig());
  if (!child) co_return false;
  const bool ready = co_await bring_to_analysis(shops, clock, names);
  if (!ready) co_return false;
  const bool bare = co_await measure_bare(cluster, loop);
  const bool alone = co_await measure_verdicts(cluster, clock, metrics, *child, "alone", 1);
  const bool many = co_await measure_verdicts(cluster, clock, metrics, *child, "many",
                                              static_cast<size_t>(rollouts));
  co_return bare&& alone&& many;
}

net::asio::awaitable<int> run(net::EventLoop& loop, Flags flags) {
  const Folder folder("revert-bench");
  Metrics metrics(loop.clock(), loop.executor());
  const auto source = net::make_http_server(loop.executor(), {.connections_max = 10'000}, metrics);
  auto cluster = Cluster::open(loop, folder.path());
  const bool opened = cluster && source->start();
  bool done = false;
  if (opened) {
    create_template(**cluster, source->port());
    done = co_await measure(**cluster, loop, metrics, flags.controller(),
                            flags.number("rollouts", kRollouts));
  }
  if (!done) fmt::print(stderr, "revert_bench: what was waited for did not come\n");
  if (cluster) co_await (*cluster)->close();
  co_await source->stop();
  co_return done ? 0 : 1;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  sluice::net::EventLoop loop;
  return loop.run(sluice::bench::run(loop, sluice::bench::Flags(argc, argv)));
}
