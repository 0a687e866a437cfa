#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/rollout_access.h"
#include "cli/rollout_actions.h"
#include "net/sleep.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <memory>
#include <utility>

namespace sluice::cli {
namespace {

constexpr Duration kPoll = std::chrono::milliseconds(50);

struct RollbackOptions {
  std::string name;
  std::string reason;
  Duration timeout = std::chrono::minutes(2);
};

kube::Awaitable<Result<RolloutObjects>> read_for_rollback(Session& session, std::string name) {
  const auto observed = co_await read_observed_rollout(session, name);
  if (!observed) co_return fail(observed.error());
  co_return co_await read_whole_rollout(session, name);
}

kube::Awaitable<int> wait_until_back(Session& session, RollbackOptions options, Rollback plan,
                                     SteadyTime started) {
  while (true) {
    const auto found = co_await read_rollout(session, options.name);
    const Duration took = session.clock.steady_now() - started;
    if (found && traffic_is_back(found->rollout, plan.hash)) {
      print(fmt::format("rollout '{}': all traffic is confirmed to be with {} ({})\n", options.name,
                        plan.hash,
                        format_duration(std::chrono::floor<std::chrono::milliseconds>(took))));
      co_return kExitOk;
    }
    // An API server that is away for a moment does not end the wait: what was asked for stands.
    if (!found && !is_transient(found.error().code)) co_return report(found.error());
    if (took >= options.timeout) {
      co_return report(timeout(
          fmt::format("the return of traffic was asked for, but not confirmed within {}: {}",
                      format_duration(options.timeout),
                      found ? found->rollout.status.phase + " - " + found->rollout.status.message
                            : found.error().message)));
    }
    co_await net::sleep_for(session.clock, kPoll);
  }
}

kube::Awaitable<int> rollback(Session& session, RollbackOptions options) {
  const SteadyTime started = session.clock.steady_now();
  for (int decision = 1;; ++decision) {
    auto objects = co_await read_for_rollback(session, options.name);
    if (!objects) co_return report(objects.error());
    auto plan = plan_rollback(*objects, options.reason);
    if (!plan) co_return report(plan.error());
    const auto written = co_await write_rollout(session, objects->rollout, plan->writes);
    if (written) {
      print(fmt::format("rollout '{}': {}\n", options.name, plan->explanation));
      co_return co_await wait_until_back(session, options, *plan, started);
    }
    if (!overtaken(written.error()) || decision == kDecisionsMax) co_return report(written.error());
  }
}

}  // namespace

void add_rollback_command(CLI::App& app, Program& program) {
  CLI::App* sub = app.add_subcommand(
      "rollback",
      "Get traffic back to the last good revision at once, whatever the state. Aborts an update "
      "under way; after a promotion returns to the revision before, without steps. May be "
      "repeated. Exits when the traffic is confirmed to be back.");
  const auto options = std::make_shared<RollbackOptions>();
  add_name(*sub, options->name);
  sub->add_option("REASON", options->reason, "Why, for the record")->type_name("");
  add_timeout(*sub, options->timeout, "How long to wait for the confirmation");
  add_examples(*sub,
               "  sluice rollback shop\n"
               "  sluice rollback shop \"customers see errors\"\n"
               "Exit code 0: confirmed; 1: could not be asked for; 3: asked for, not confirmed in "
               "time.");
  sub->callback([&program, options] {
    program.run = [&program, options] {
      return run_in_session(program.globals,
                            [options](Session& s) { return rollback(s, *options); });
    };
  });
}

}  // namespace sluice::cli
