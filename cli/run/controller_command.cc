#include "cli/adapters.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/run/controller_flags.h"
#include "cli/run/controller_process.h"
#include "cli/run/election_flags.h"
#include "kube/api_client.h"
#include "net/event_loop.h"
#include "net/process.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace sluice::cli {
namespace {

struct Options {
  ControllerOptions controller;
  ElectionFlags election;
  LogFlags log;
};

kube::Awaitable<int> serve(net::EventLoop& loop, ControllerProcess& process) {
  const auto started = co_await process.start();
  if (!started) {
    co_await process.stop();
    co_return report(started.error());
  }
  loop.expect_termination();
  print(fmt::format("controller: {}\nready\n", process.url()));
  co_await loop.termination_signal();
  co_await process.stop();
  co_return kExitOk;
}

/// A client whose requests leave room for a second try before the renewal deadline.
Result<std::unique_ptr<kube::ApiClient>> make_lease_client(net::EventLoop& loop, kube::Login login,
                                                           const kube::ElectionOptions& times) {
  const Duration half = times.renew_deadline / 2;
  login.request_timeout = std::min(half, login.request_timeout.value_or(half));
  return kube::make_api_client(loop.executor(), login, loop.clock());
}

int run_controller(const GlobalOptions& globals, Options options) {
  if (const auto installed = install_log(options.log); !installed) return report(installed.error());
  auto login = kube::find_login(globals.login, kube::process_surroundings());
  if (!login) return report(login.error());
  net::raise_open_file_limit();
  net::ignore_broken_pipes();
  net::EventLoop loop;
  const auto client = kube::make_api_client(loop.executor(), *login, loop.clock());
  if (!client) return report(client.error());
  const auto leases = make_lease_client(loop, *login, options.election.times);
  if (!leases) return report(leases.error());
  if (const auto applied = apply_election_flags(options.election, *login, globals.login.namespace_,
                                                options.controller);
      !applied) {
    return report_usage(applied.error().message);
  }
  options.controller.prometheus = prometheus_address(options.controller.prometheus);
  if (const std::string problem = prometheus_problem(options.controller.prometheus);
      !problem.empty()) {
    return report_usage(problem);
  }
  auto source = make_metric_source(loop.executor(), options.controller);
  if (!source) return report(source.error());
  ControllerProcess process(**client, **leases, **source, loop.clock(), loop.executor(),
                            options.controller);
  return loop.run(serve(loop, process));
}

void add_port(CLI::App& command, const std::string& flags, uint16_t& port,
              const std::string& help) {
  constexpr int kPortMax = 65535;
  command.add_option(flags, port, help)
      ->check(CLI::Range(1, kPortMax).description(""))
      ->type_name("PORT");
}

}  // namespace

void add_controller_command(CLI::App& app, Program& program) {
  CLI::App* command = app.add_subcommand(
      "controller",
      "Run the controller against a cluster (all namespaces, or the one given by -n)");
  const auto options = std::make_shared<Options>();
  add_listen(*command, "--listen", options->controller.listen,
             "For health, metrics and the webhook; port 0: a free one");
  add_port(*command, "--metrics-port,--metricsPort", options->controller.metrics_port,
           "A port for /metrics alone, on every address");
  add_port(*command, "--healthz-port,--healthzPort", options->controller.healthz_port,
           "A port for /healthz and /readyz alone, on every address");
  add_election_flags(*command, options->election);
  add_controller_flags(*command, options->controller);
  CLI::Option* observe =
      command->add_flag("--observe-only", options->controller.observe_only,
                        "Stand beside another engine: write nothing, tell where it differs");
  command
      ->add_flag("--observe-events", options->controller.observe_events,
                 "With --observe-only: also tell differences as events")
      ->needs(observe);
  add_log_flags(*command, options->log);
  add_examples(*command,
               "  sluice controller --kubeconfig .sluice/kubeconfig\n"
               "  sluice controller --observe-only --listen 127.0.0.1:9090\n"
               "  sluice controller -n shops --listen 0.0.0.0:8080 --log-format json");
  command->callback([&program, options] {
    program.run = [&program, options] { return run_controller(program.globals, *options); };
  });
}

}  // namespace sluice::cli
