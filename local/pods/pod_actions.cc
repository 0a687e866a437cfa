#include "local/pods/pod_actions.h"

#include "local/pods/pod_wait.h"
#include "net/connection.h"
#include "net/real_clock.h"
#include "net/sleep.h"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>

namespace sluice::local {

namespace {

struct CommandRun {
  explicit CommandRun(const asio::any_io_executor& executor) : ended(executor) {}

  std::optional<ProcessExit> exit;
  net::Notifier ended;
};

std::string host_of(const std::string& host, const ActionTarget& target) {
  return host.empty() ? target.pod_ip : host;
}

ActionResult unknown_port(const PortReference& port) {
  const auto* name = std::get_if<std::string>(&port);
  return {false, fmt::format("no port named {}", name == nullptr ? "" : *name)};
}

ActionResult judge_status(const net::HttpResponse& response) {
  if (response.status >= 200 && response.status < 400) return {true, ""};
  return {false, fmt::format("HTTP probe failed with statuscode: {}", response.status)};
}

}  // namespace

asio::awaitable<ActionResult> RealPodActions::perform(ProbeAction action, ActionTarget target,
                                                      Duration timeout) {
  if (auto* http = std::get_if<HttpGetAction>(&action))
    co_return co_await http_get(std::move(*http), std::move(target), timeout);
  if (auto* tcp = std::get_if<TcpAction>(&action))
    co_return co_await tcp_connect(std::move(*tcp), std::move(target), timeout);
  if (auto* exec = std::get_if<ExecAction>(&action))
    co_return co_await execute(std::move(*exec), std::move(target), timeout);
  co_await net::sleep_for(clock_, std::min(std::get<SleepAction>(action).duration, timeout));
  co_return ActionResult{true, ""};
}

asio::awaitable<ActionResult> RealPodActions::http_get(HttpGetAction action, ActionTarget target,
                                                       Duration timeout) {
  const std::optional<int> port = target.container.port(action.port);
  if (!port) co_return unknown_port(action.port);
  net::HttpRequest request;
  const char* scheme = action.scheme == "HTTPS" ? "https" : "http";
  const char* slash = action.path.starts_with("/") ? "" : "/";
  request.url = fmt::format("{}://{}:{}{}{}", scheme, host_of(action.host, target), *port, slash,
                            action.path);
  request.headers.add("User-Agent", "sluice-probe");
  request.headers.add("Connection", "close");
  for (const auto& [name, value] : action.headers) request.headers.add(name, value);
  request.deadline = timeout;
  const std::string url = request.url;
  const Result<net::HttpResponse> response = co_await http_.send(std::move(request));
  if (response) co_return judge_status(*response);
  co_return ActionResult{false, fmt::format("Get \"{}\": {}", url, response.error().message)};
}

asio::awaitable<ActionResult> RealPodActions::tcp_connect(TcpAction action, ActionTarget target,
                                                          Duration timeout) {
  const std::optional<int> port = target.container.port(action.port);
  if (!port) co_return unknown_port(action.port);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host_of(action.host, target), error);
  if (error) co_return ActionResult{false, fmt::format("{} is no address", action.host)};
  net::ConnectTarget connect;
  connect.endpoints = {{address, static_cast<uint16_t>(*port)}};
  const auto connection =
      co_await net::connect(std::move(connect), net::real_steady_now() + timeout);
  if (connection) co_return ActionResult{true, ""};
  co_return ActionResult{false, fmt::format("dial tcp {}:{}: {}", address.to_string(), *port,
                                            connection.error().message)};
}

asio::awaitable<ActionResult> RealPodActions::execute(ExecAction action, ActionTarget target,
                                                      Duration timeout) {
  const Image image{target.image_folder, {}, {}, {}, ""};
  const Result<Launch> launch = plan_launch(image, action.command, {}, target.cwd);
  if (!launch) co_return ActionResult{false, launch.error().message};
  ProcessSpec spec;
  spec.argv = launch->argv;
  spec.env = target.environment;
  spec.cwd = launch->cwd;

  const auto run = std::make_shared<CommandRun>(co_await asio::this_coro::executor);
  const SteadyTime deadline = clock_.steady_now() + timeout;
  const ProcessRunner::ExitCallback on_exit = [run](ProcessExit exit) {
    run->exit = exit;
    run->ended.notify();
  };
  const Result<Process> process = co_await runner_.start(std::move(spec), on_exit);
  if (!process) co_return ActionResult{false, process.error().message};
  while (!run->exit && clock_.steady_now() < deadline)
    co_await wait_for_change(clock_, run->ended, deadline);
  if (!run->exit) {
    runner_.signal(process->id, SIGKILL);
    co_return ActionResult{false,
                           fmt::format("command timed out after {}", format_duration(timeout))};
  }
  const bool ok = run->exit->code == 0;
  co_return ActionResult{ok, ok ? "" : fmt::format("command exited with code {}", run->exit->code)};
}

}  // namespace sluice::local
