#include "cli/session.h"

#include "kube/api_client.h"
#include "net/event_loop.h"
#include "net/task_group.h"

#include <boost/asio/any_io_executor.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <utility>

namespace sluice::cli {
namespace {

/// Ends the loop when the user presses Ctrl-C: commands hold nothing that needs tidying.
kube::Awaitable<void> stop_when_interrupted(net::EventLoop& loop) {
  co_await loop.termination_signal();
  loop.stop(kExitInterrupted);
}

kube::Awaitable<int> end_tasks(net::TaskGroup& tasks, int code) {
  co_await tasks.stop();
  co_return code;
}

/// Whoever asks for a version does not want to wait.
constexpr Duration kVersionPatience = std::chrono::seconds(3);

kube::Awaitable<int> read_version(kube::ApiClient& client, std::string* version) {
  const auto text = co_await client.get_raw("/version");
  const auto document = text ? parse_json(*text) : Result<Json>(fail(text.error()));
  if (document) *version = string_at(*document, "gitVersion");
  co_return kExitOk;
}

}  // namespace

std::string server_version(GlobalOptions options) {
  options.login.request_timeout = kVersionPatience;
  auto login = kube::find_login(options.login, kube::process_surroundings());
  if (!login) return "";
  net::EventLoop loop;
  auto client = kube::make_api_client(loop.executor(), *std::move(login), loop.clock());
  std::string version;
  if (client) loop.run(read_version(**client, &version));
  return version;
}

int run_in_session(const GlobalOptions& options, const SessionCommand& command) {
  auto login = kube::find_login(options.login, kube::process_surroundings());
  if (!login) return report(login.error());
  const std::string namespace_ = login->namespace_;
  const std::string user = login->user;
  net::EventLoop loop;
  auto client = kube::make_api_client(loop.executor(), *std::move(login), loop.clock());
  if (!client) return report(client.error());
  net::TaskGroup beside(loop.executor());
  Session session{**client, loop.clock(), namespace_, wants_color(options), user, beside};
  beside.spawn("interrupt", stop_when_interrupted(loop));
  const int code = loop.run(command(session));
  return loop.run(end_tasks(beside, code));
}

bool wants_color(const GlobalOptions& options) {
  return !options.no_color && std::getenv("NO_COLOR") == nullptr && on_terminal() &&
         !is_dumb_terminal();
}

}  // namespace sluice::cli
