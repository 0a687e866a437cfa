#include "local/gateway/haproxy_control.h"

#include "local/gateway/haproxy_config.h"

#include <fmt/format.h>

#include <charconv>
#include <tuple>

namespace sluice::local {
namespace {

constexpr std::string_view kVersionCreated = "New version created: ";

/// The number in the answer to `prepare map`.
Result<int> version_of(const std::string& answer) {
  int version = 0;
  const size_t at = answer.find(kVersionCreated);
  if (at != std::string::npos) {
    const char* digits = answer.data() + at + kVersionCreated.size();
    std::from_chars(digits, answer.data() + answer.size(), version);
  }
  if (version == 0) return fail(internal("HAProxy made no new version of a map: " + answer));
  return version;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

HaproxyControl::HaproxyControl(std::unique_ptr<HaproxyCommands> commands, Clock& clock)
    : commands_(std::move(commands)), clock_(clock) {}

asio::awaitable<Result<HaproxyReport>> HaproxyControl::apply(GatewayPlan plan) {
  HaproxyReport report;
  report.unplaced = assign_backends(state_, plan);
  HaproxyChanges changes = plan_changes(state_, plan);
  Result<void> made = co_await make(std::move(changes.first));
  if (!made) co_return fail(made.error());
  if (changes.replace_matches) {
    made = co_await replace_matches(plan.matches);
    if (!made) co_return fail(made.error());
  }
  made = co_await make(std::move(changes.last));
  if (!made) co_return fail(made.error());
  report.rejected = rejected_;
  co_return report;
}

asio::awaitable<Result<void>> HaproxyControl::make(std::vector<HaproxyChange> changes) {
  for (const HaproxyChange& change : changes) {
    Result<std::string> answer = co_await commands_->run(haproxy_command(change));
    if (!answer) co_return fail(answer.error());
    Result<void> checked = check_haproxy_answer(change, *answer);
    if (!checked) co_return checked;
    record_change(state_, change, clock_.steady_now());
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> HaproxyControl::replace_matches(std::vector<PlannedMatch> matches) {
  Result<std::string> answer =
      co_await commands_->run(fmt::format("prepare map {}", kHaproxyRoutesFile));
  if (!answer) co_return fail(answer.error());
  Result<int> version = version_of(*answer);
  if (!version) co_return fail(version.error());
  std::vector<RejectedMatch> rejected;
  for (const PlannedMatch& match : matches) {
    Result<void> added = co_await add_match(match, *version);
    if (added) continue;
    if (added.error().code != ErrorCode::Invalid) co_return added;
    rejected.push_back({match.rule, added.error().message});
  }
  const PlannedMatch everything_else{.pattern = "^", .rule = kHaproxyNoRule};
  Result<void> ended = co_await add_match(everything_else, *version);
  if (!ended) co_return ended;
  answer = co_await commands_->run(fmt::format("commit map @{} {}", *version, kHaproxyRoutesFile));
  if (!answer) co_return fail(answer.error());
  if (!first_line(*answer).empty())
    co_return fail(internal("HAProxy did not swap its routes: " + first_line(*answer)));
  state_.matches = std::move(matches);
  rejected_ = std::move(rejected);
  co_return Result<void>();
}

asio::awaitable<Result<void>> HaproxyControl::add_match(PlannedMatch match, int version) {
  // As a payload the expression is taken as it is: on the command line, backslashes would count.
  Result<std::string> answer = co_await commands_->run(fmt::format(
      "add map @{} {} <<\n{} {}\n", version, kHaproxyRoutesFile, match.pattern, match.rule));
  if (!answer) co_return fail(answer.error());
  if (!first_line(*answer).empty()) co_return fail(invalid(first_line(*answer)));
  co_return Result<void>();
}

bool HaproxyControl::draining() const {
  for (const auto& [number, backend] : state_.backends) {
    for (const auto& [name, server] : backend.servers)
      if (server.retired) return true;
  }
  return false;
}

asio::awaitable<void> HaproxyControl::sweep() {
  std::vector<std::tuple<int, std::string, bool>> retired;
  const SteadyTime now = clock_.steady_now();
  for (const auto& [number, backend] : state_.backends) {
    for (const auto& [name, server] : backend.servers) {
      if (!server.retired) continue;
      retired.emplace_back(number, name, now - *server.retired > kHaproxyDrainMax);
    }
  }
  for (const auto& [number, name, cut] : retired) {
    const bool removed = co_await remove_server(number, name, cut);
    if (removed) state_.backends[number].servers.erase(name);
  }
}

asio::awaitable<bool> HaproxyControl::remove_server(int backend, std::string name, bool cut) {
  const std::string server = fmt::format("b{}/{}", backend, name);
  if (cut) co_await commands_->run("shutdown sessions server " + server);
  Result<std::string> answer = co_await commands_->run("del server " + server);
  // A server with requests is refused; the next sweep asks again.
  co_return answer &&
      (answer->starts_with("Server deleted") || answer->starts_with("No such server"));
}

}  // namespace sluice::local
