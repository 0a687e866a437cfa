#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/run/cluster_notes.h"
#include "cli/run/controller_flags.h"
#include "cli/run/controller_process.h"
#include "crds/manifests.h"
#include "local/cluster.h"
#include "local/cluster_ports.h"
#include "net/event_loop.h"
#include "net/host_port.h"
#include "net/process.h"
#include "net/tls.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace sluice::cli {
namespace {

struct Options {
  std::string folder = ".sluice";
  std::string images = "images";
  std::string listen = "127.0.0.1:0";
  std::string gateway_listen = "127.0.0.1:0";
  bool durable = false;
  bool no_controller = false;
  ControllerOptions controller;
  LogFlags log;
};

Result<local::ClusterOptions> cluster_options(const Options& options) {
  const auto listen = net::parse_host_port(options.listen);
  if (!listen) return fail(listen.error().within("--listen"));
  const auto gateway = net::parse_host_port(options.gateway_listen);
  if (!gateway) return fail(gateway.error().within("--gateway-listen"));
  local::ClusterOptions cluster{.folder = options.folder,
                                .images = options.images,
                                .listen = listen->host,
                                .port = listen->port,
                                .gateway_listen = gateway->host,
                                .gateway_port = gateway->port,
                                .durable = options.durable};
  for (const crds::Manifest& manifest : crds::manifests())
    cluster.crds.push_back(crds::parse_manifest(manifest));
  return cluster;
}

/// The controller's port is kept as the cluster's own are, if nobody else has it by now.
void keep_controller_port(Options& options) {
  auto listen = net::parse_host_port(options.controller.listen);
  if (!listen) return;
  const auto port =
      local::choose_port(listen->host, listen->port, kept_port(options.folder, "controller"));
  if (!port) return;
  listen->port = *port;
  options.controller.listen = net::to_string(*listen);
}

Result<void> announce(const Options& options, const local::ClusterAddresses& addresses,
                      const std::string& controller_url) {
  std::string text = fmt::format("api:        {}\ngateway:    {}\nprometheus: {}\n", addresses.api,
                                 addresses.gateway, addresses.prometheus);
  if (!controller_url.empty()) text += fmt::format("controller: {}\n", controller_url);
  text += fmt::format("kubeconfig: {}\n", addresses.kubeconfig.string());
  if (auto kept = write_addresses(options.folder, text); !kept) return kept;
  print(text + "ready\n");
  return {};
}

/// Runs the controller, unless it runs elsewhere, until the user ends it.
kube::Awaitable<int> serve(net::EventLoop& loop, local::Cluster& cluster, Options options) {
  if (options.controller.prometheus.empty())
    options.controller.prometheus = cluster.addresses().prometheus;
  keep_controller_port(options);
  const auto source = make_metric_source(loop.executor(), options.controller);
  if (!source) co_return report(source.error());
  ControllerProcess controller(cluster.store(), cluster.store(), **source, loop.clock(),
                               loop.executor(), options.controller);
  Result<void> started;
  if (!options.no_controller) started = co_await controller.start();
  if (started) {
    loop.expect_termination();
    started = announce(options, cluster.addresses(), controller.url());
  }
  if (started) {
    co_await loop.termination_signal();
    print("stopping\n");
  }
  co_await controller.stop();
  co_return started ? kExitOk : report(started.error());
}

kube::Awaitable<int> run_cluster(net::EventLoop& loop, local::Cluster& cluster, Options options) {
  const auto started = co_await cluster.start();
  int code = kExitFailed;
  if (started)
    code = co_await serve(loop, cluster, std::move(options));
  else
    report(started.error());
  co_await cluster.stop();
  co_return code;
}

int up(const Options& options) {
  if (const auto installed = install_log(options.log); !installed) return report(installed.error());
  auto settings = cluster_options(options);
  if (!settings) return report(settings.error());
  std::error_code ignored;
  if (!std::filesystem::is_directory(options.images, ignored)) {
    warn(fmt::format("--images: there is no folder \"{}\": pods will wait for their images",
                     options.images));
  }
  net::ignore_broken_pipes();
  // What is written is nobody else's business, by whichever program: Secrets, logs, samples.
  umask(077);
  prepare_cluster_folder(options.folder);
  net::EventLoop loop;
  local::Cluster cluster(loop.clock(), loop.executor(), *std::move(settings));
  // What takes long comes before there is anybody whom it would hold up.
  if (auto opened = cluster.open(); !opened) return report(opened.error());
  net::read_system_trust();
  return loop.run(run_cluster(loop, cluster, options));
}

}  // namespace

void add_local_command(CLI::App& app, Program& program) {
  CLI::App* local = app.add_subcommand("local", "A cluster in one process, without Kubernetes");
  local->require_subcommand(1);
  CLI::App* command = local->add_subcommand(
      "up", "Run the cluster in the foreground until Ctrl-C; everything it knows is in its folder");
  const auto options = std::make_shared<Options>();
  CLI::Option* folder = command->add_option("--dir", options->folder, "The cluster's folder");
  folder->type_name("FOLDER")->capture_default_str();
  check_with(*folder, [](const std::string& text) {
    return text.empty() ? std::string("a folder is needed, such as .sluice") : std::string();
  });
  command->add_option("--images", options->images, "Where images are folders: shop:v2 is shop/v2")
      ->type_name("FOLDER")
      ->capture_default_str();
  add_listen(*command, "--listen", options->listen,
             "The Kubernetes API; port 0: a free one, once found kept");
  add_listen(*command, "--gateway-listen", options->gateway_listen, "The gateway; port 0 likewise");
  add_listen(*command, "--controller-listen", options->controller.listen,
             "Health, metrics and the webhook; port 0: a free one");
  command->add_flag("--durable", options->durable, "Survive power cuts too (slower)");
  command->add_flag(
      "--no-controller", options->no_controller,
      "Without the controller: `sluice controller --prometheus URL` runs it alone, with "
      "the URL that is printed as prometheus");
  add_controller_flags(*command, options->controller);
  add_log_flags(*command, options->log);
  add_examples(*command,
               "  sluice local up --images build/release/images\n"
               "  export KUBECONFIG=$PWD/.sluice/kubeconfig   # in another terminal");
  command->callback([&program, options] { program.run = [options] { return up(*options); }; });
}

}  // namespace sluice::cli
