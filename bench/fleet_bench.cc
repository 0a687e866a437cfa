// What a controller costs beside a large cluster at rest. It runs in a process of its own against a
// server that lists and watches generated objects over HTTPS (fleet_server.h):
//
//   fleet_bench [--rollouts N] [--revisions N] [--template-bytes N] [--controller PROGRAM]
//
// 1. beside an empty cluster: the memory that the program itself needs;
// 2. a first process writes what the Rollouts still lack (their status), and ends;
// 3. a second one finds everything at rest: how long and how much until it has looked at each, its
//    memory then, and what it does in 20 s with nothing to do;
// 4. one Rollout is written to again and again: the time of a look beside that many others.
//
// A process has come to rest when it has asked for nothing, and taken less than 2% of a processor,
// for 2 s.

#include "bench/controller_child.h"
#include "bench/fleet_server.h"
#include "local/certificates.h"
#include "local/kubeconfig_writer.h"
#include "net/event_loop.h"
#include "net/http_server.h"
#include "net/sleep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

namespace sluice::bench {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr Duration kSample = milliseconds(250);
constexpr Duration kRest = std::chrono::seconds(2);
constexpr double kRestShare = 0.02;
constexpr Duration kIdleWatched = std::chrono::seconds(20);
constexpr int kTouches = 200;

struct Asked {
  FleetSize size;
  fs::path controller;
};

/// An API server beside which controllers are started.
class Stage {
 public:
  Stage(net::EventLoop& loop, const FleetSize& size, fs::path folder)
      : loop_(loop), server_(size, loop.executor()), folder_(std::move(folder)) {}

  Result<void> open() {
    const auto made = local::ensure_credentials(folder_, "127.0.0.1", loop_.clock().system_now());
    if (!made) return fail(made.error());
    net::ServerOptions options;
    options.certificate = made->server.certificate;
    options.key = made->server.key;
    options.client_ca = made->ca;
    http_ = net::make_http_server(loop_.executor(), options, server_);
    if (auto started = http_->start(); !started) return started;
    const std::string url = fmt::format("https://127.0.0.1:{}", http_->port());
    return local::write_kubeconfig(folder_ / "kubeconfig", url, *made);
  }

  Result<ControllerChild> start(const fs::path& program) const {
    return ControllerChild::start(program, folder_ / "kubeconfig");
  }

  net::asio::awaitable<void> close() { co_await http_->stop(); }

  net::EventLoop& loop() { return loop_; }

  FleetServer& server() { return server_; }

 private:
  net::EventLoop& loop_;
  FleetServer server_;
  fs::path folder_;
  std::unique_ptr<net::HttpServer> http_;
};

struct Rested {
  Duration after{};  ///< From the start to the last work.
  ProcessFigures figures;
};

net::asio::awaitable<Rested> come_to_rest(Stage& stage, const ControllerChild& child) {
  Clock& clock = stage.loop().clock();
  const SteadyTime began = clock.steady_now();
  size_t requests = stage.server().requests();
  SteadyTime worked = began;
  double cpu = 0;
  while (clock.steady_now() - worked < kRest || clock.steady_now() - began < 2 * kRest) {
    co_await net::sleep_for(clock, kSample);
    const double now = child.figures().cpu_s;
    const double share = (now - cpu) / std::chrono::duration<double>(kSample).count();
    const bool asked = stage.server().requests() != requests;
    if (share >= kRestShare || asked) worked = clock.steady_now();
    cpu = now;
    requests = stage.server().requests();
  }
  co_return Rested{worked - began, child.figures()};
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string bill(const std::map<std::string, int>& writes) {
  std::string text;
  for (const auto& [what, count] : writes)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  return text.empty() ? "none" : text;
}

void print(std::string_view what, const std::string& figures) {
  fmt::print("{:<34}{}\n", what, figures);
  std::fflush(stdout);
}

net::asio::awaitable<double> measure_empty(net::EventLoop& loop, const Asked& asked,
                                           fs::path folder) {
  fs::create_directories(folder);
  Stage stage(loop, {.rollouts = 0}, folder);
  if (!stage.open()) co_return 0;
  double rss = 0;
  {
    auto child = stage.start(asked.controller);
    if (!child) co_return 0;
    const Rested rested = co_await come_to_rest(stage, *child);
    rss = rested.figures.rss_mb;
    print("empty cluster", fmt::format("RSS {:.1f} MB, {:.1f} of them heap, CPU {:.2f} s", rss,
                                       rested.figures.heap_mb, rested.figures.cpu_s));
  }
  co_await stage.close();
  co_return rss;
}

net::asio::awaitable<void> settle(Stage& stage, const Asked& asked) {
  auto child = stage.start(asked.controller);
  if (!child) co_return;
  const Rested rested = co_await come_to_rest(stage, *child);
  print("first process, statuses missing",
        fmt::format("{:.1f} s, CPU {:.1f} s, writes: {}", seconds(rested.after),
                    rested.figures.cpu_s, bill(stage.server().writes())));
}

net::asio::awaitable<void> measure_rest(Stage& stage, const Asked& asked, double empty_mb) {
  auto child = stage.start(asked.controller);
  if (!child) co_return;
  Clock& clock = stage.loop().clock();
  const std::map<std::string, int> before = stage.server().writes();
  const Rested rested = co_await come_to_rest(stage, *child);
  print("start to the last first look",
        fmt::format("{:.1f} s, CPU {:.1f} s, peak RSS {:.0f} MB", seconds(rested.after),
                    rested.figures.cpu_s, rested.figures.peak_mb));
  co_await net::sleep_for(clock, kIdleWatched);
  const ProcessFigures idle = child->figures();
  print("at rest",
        fmt::format("RSS {:.0f} MB, {:.0f} of them heap; {:.1f} KB a Rollout above the empty start",
                    idle.rss_mb, idle.heap_mb,
                    (idle.rss_mb - empty_mb) * 1024 / std::max(asked.size.rollouts, 1)));
  print("20 s at rest",
        fmt::format("CPU {:.2f} s, writes since the start: {}", idle.cpu_s - rested.figures.cpu_s,
                    before == stage.server().writes() ? "none" : "some"));
  for (int i = 0; i < kTouches; ++i) {
    stage.server().touch_rollout(i % std::max(asked.size.rollouts, 1));
    co_await net::sleep_for(clock, milliseconds(5));
  }
  const Rested touched = co_await come_to_rest(stage, *child);
  print("a look at a Rollout written to",
        fmt::format("CPU {:.2f} ms, watch event and all",
                    (touched.figures.cpu_s - idle.cpu_s) * 1000 / kTouches));
}

net::asio::awaitable<int> run(net::EventLoop& loop, Asked asked) {
  const Folder folder("fleet-bench");
  fmt::print("{} Rollouts, each with {} ReplicaSets, templates of {} bytes, 2 Services, a route\n",
             asked.size.rollouts, asked.size.revisions, asked.size.template_bytes);
  const double empty = co_await measure_empty(loop, asked, folder.path() / "empty");
  Stage stage(loop, asked.size, folder.path());
  const auto opened = stage.open();
  if (opened) {
    co_await settle(stage, asked);
    co_await measure_rest(stage, asked, empty);
    co_await stage.close();
  } else {
    fmt::print(stderr, "{}\n", opened.error().message);
  }
  co_return opened ? 0 : 1;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  using namespace sluice::bench;
  const Flags flags(argc, argv);
  const FleetSize usual;
  Asked asked{.size = {.rollouts = flags.number("rollouts", usual.rollouts),
                       .revisions = flags.number("revisions", usual.revisions),
                       .template_bytes = flags.number("template-bytes", usual.template_bytes)},
              .controller = flags.controller()};
  sluice::net::EventLoop loop;
  return loop.run(run(loop, std::move(asked)));
}
