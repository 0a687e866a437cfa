#include "cli/adapters.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/run/controller_flags.h"
#include "cli/run/controller_process.h"
#include "kube/api_client.h"
#include "net/event_loop.h"
#include "net/process.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <memory>
#include <utility>

namespace sluice::cli {
namespace {

struct Options {
  ControllerOptions controller;
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

int run_controller(const GlobalOptions& globals, Options options) {
  if (const auto installed = install_log(options.log); !installed) return report(installed.error());
  auto login = kube::find_login(globals.login, kube::process_surroundings());
  if (!login) return report(login.error());
  net::raise_open_file_limit();
  net::ignore_broken_pipes();
  net::EventLoop loop;
  auto client = kube::make_api_client(loop.executor(), *std::move(login), loop.clock());
  if (!client) return report(client.error());
  options.controller.namespace_ = globals.login.namespace_;
  options.controller.prometheus = prometheus_address(options.controller.prometheus);
  if (const std::string problem = prometheus_problem(options.controller.prometheus);
      !problem.empty()) {
    return report_usage(problem);
  }
  auto source = make_metric_source(loop.executor(), options.controller);
  if (!source) return report(source.error());
  ControllerProcess process(**client, **source, loop.clock(), loop.executor(), options.controller);
  return loop.run(serve(loop, process));
}

}  // namespace

void add_controller_command(CLI::App& app, Program& program) {
  CLI::App* command = app.add_subcommand(
      "controller",
      "Run the controller against a cluster (all namespaces, or the one given by -n)");
  const auto options = std::make_shared<Options>();
  add_listen(*command, "--listen", options->controller.listen,
             "For health, metrics and the webhook; port 0: a free one");
  add_controller_flags(*command, options->controller);
  add_log_flags(*command, options->log);
  add_examples(*command,
               "  sluice controller --kubeconfig .sluice/kubeconfig\n"
               "  sluice controller -n shops --listen 0.0.0.0:8080 --log-format json");
  command->callback([&program, options] {
    program.run = [&program, options] { return run_controller(program.globals, *options); };
  });
}

}  // namespace sluice::cli
