// What it costs to update N Rollouts at once, each a canary of one pod, 20 → pause 1 s → 50 → pause
// 1 s → 100, with a template of 3 KB:
//
//   release_bench [--rollouts N] [--controller PROGRAM]
//
// The controller runs in a process of its own, beside the local API server (bench/cluster.h) in
// this one: what that takes is not the controller's, but they share the machine.

#include "bench/cluster.h"
#include "bench/controller_child.h"
#include "bench/fleet.h"
#include "net/sleep.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace sluice::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kTemplateBytes = 3072;
/// Unless `--rollouts` says otherwise.
constexpr int kRollouts = 1000;
constexpr Duration kLongest = std::chrono::minutes(10);
constexpr Duration kSettled = std::chrono::seconds(3);

/// Which Rollouts have come to rest with their current revision as the stable one.
class Promotions {
 public:
  explicit Promotions(local::Registry& registry) {
    observation_ = registry.observe([this](const local::Change& change) {
      if (change.resource->kind != "Rollout" || change.type == kube::WatchEventType::Deleted)
        return;
      const Json rollout = change.after->parse().value_or(Json());
      const std::string stable = string_at(rollout, "status.stableRS");
      const bool whole = string_at(rollout, "status.phase") == "Healthy" && !stable.empty() &&
                         stable == string_at(rollout, "status.currentPodHash");
      const bool seen = string_at(rollout, "status.observedGeneration") ==
                        std::to_string(change.after->meta.generation);
      if (whole && seen) healthy.insert(change.after->meta.name);
    });
  }

  std::unordered_set<std::string> healthy;

 private:
  std::shared_ptr<void> observation_;
};

/// A Rollout of the fleet with this strategy, and nothing that only a cluster knows.
std::string plain_canary(const Fleet& fleet, int number) {
  Json rollout = Json::parse(fleet.object("rollouts", number));
  rollout["metadata"] = {{"name", Fleet::rollout_name(number)}};
  rollout["spec"]["replicas"] = 1;
  rollout["spec"]["strategy"] = Json::parse(
      R"({"canary":{"steps":[{"setWeight":20},{"pause":{"duration":1}},
                             {"setWeight":50},{"pause":{"duration":1}}]}})");
  return dump_json(rollout);
}

/// True once so many are healthy.
net::asio::awaitable<bool> wait_healthy(Clock& clock, const Promotions& promotions, size_t count) {
  const SteadyTime deadline = clock.steady_now() + kLongest;
  while (promotions.healthy.size() < count && clock.steady_now() < deadline)
    co_await net::sleep_for(clock, std::chrono::milliseconds(20));
  co_return promotions.healthy.size() >= count;
}

void report(const ProcessFigures& before, const ProcessFigures& after, Duration took,
            const std::map<std::string, int>& writes, int rollouts) {
  const double cpu = after.cpu_s - before.cpu_s;
  fmt::print("{} updated at once: {:.1f} s until all are promoted\n", rollouts,
             std::chrono::duration<double>(took).count());
  fmt::print(
      "CPU of the controller: {:.2f} s, {:.1f} ms a Rollout; RSS {:.0f} MB, at most {:.0f}\n", cpu,
      cpu * 1000 / rollouts, after.rss_mb, after.peak_mb);
  for (const auto& [what, count] : writes)
    fmt::print("{:8.2f} {} a Rollout\n", static_cast<double>(count) / rollouts, what);
}

net::asio::awaitable<bool> measure(Cluster& cluster, net::EventLoop& loop, fs::path program,
                                   int rollouts) {
  const Fleet fleet({.rollouts = rollouts, .revisions = 1, .template_bytes = kTemplateBytes});
  Promotions promotions(cluster.registry());
  for (int i = 0; i < rollouts; ++i) cluster.create("Rollout", plain_canary(fleet, i));
  auto child = ControllerChild::start(program, cluster.kubeconfig());
  if (!child) co_return false;
  const auto count = static_cast<size_t>(rollouts);
  const bool deployed = co_await wait_healthy(loop.clock(), promotions, count);
  if (!deployed) co_return false;
  co_await net::sleep_for(loop.clock(), kSettled);
  promotions.healthy.clear();
  cluster.writes.clear();
  const ProcessFigures before = child->figures();
  const SteadyTime began = loop.clock().steady_now();
  for (int i = 0; i < rollouts; ++i) {
    Json released = Json::parse(plain_canary(fleet, i));
    released["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/app:next";
    cluster.patch("Rollout", Fleet::rollout_name(i), local::Subresource::None, dump_json(released));
  }
  const bool done = co_await wait_healthy(loop.clock(), promotions, count);
  const Duration took = loop.clock().steady_now() - began;
  co_await net::sleep_for(loop.clock(), kSettled);
  report(before, child->figures(), took, cluster.writes, rollouts);
  co_return done;
}

net::asio::awaitable<int> run(net::EventLoop& loop, Flags flags) {
  const Folder folder("release-bench");
  auto cluster = Cluster::open(loop, folder.path());
  if (!cluster) {
    fmt::print(stderr, "{}\n", cluster.error().message);
    co_return 1;
  }
  const int rollouts = flags.number("rollouts", kRollouts);
  const bool done = co_await measure(**cluster, loop, flags.controller(), rollouts);
  co_await (*cluster)->close();
  co_return done ? 0 : 1;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  sluice::net::EventLoop loop;
  return loop.run(sluice::bench::run(loop, sluice::bench::Flags(argc, argv)));
}
