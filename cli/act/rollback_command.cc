#include "cli/act/verb_runner.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/rollout_access.h"
#include "net/sleep.h"
#include "verbs/restore.h"

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
  co_return co_await read_whole_rollout(session, session.key(name));
}

std::string state_text(const crds::Rollout& rollout) {
  if (!verbs::is_observed(rollout)) return verbs::unseen_text(rollout);
  return fmt::format("{} - {}", crds::to_string(rollout.status.phase), rollout.status.message);
}

kube::Awaitable<int> wait_until_back(Session& session, RollbackOptions options,
                                     verbs::Rollback plan, SteadyTime started) {
  while (true) {
    const auto found = co_await read_rollout(session, options.name);
    const Duration took = session.clock.steady_now() - started;
    if (found && verbs::traffic_is_back(found->rollout, plan.hash)) {
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
                      found ? state_text(found->rollout) : found.error().message)));
    }
    co_await net::sleep_for(session.clock, kPoll);
  }
}

kube::Awaitable<int> rollback(Session& session, RollbackOptions options) {
  const SteadyTime started = session.clock.steady_now();
  verbs::Ask ask;
  ask.by = co_await find_actor(session);
  ask.reason = options.reason;
  for (int decision = 1;; ++decision) {
    const auto objects = co_await read_for_rollback(session, options.name);
    if (!objects) co_return report(objects.error());
    ask.at = session.clock.system_now();
    auto plan = verbs::plan_rollback(decode_whole_rollout(*objects), kept_revisions(*objects), ask);
    if (!plan) co_return report(plan.error());
    if (!plan->writes.empty()) {
      const auto written = co_await write_rollout(session, session.key(options.name), plan->writes);
      const bool again = !written && overtaken(written.error()) && decision < kDecisionsMax;
      if (again) continue;
      if (!written) co_return report(written.error());
    }
    print(fmt::format("rollout '{}': {}\n", options.name, plan->explanation));
    co_return co_await wait_until_back(session, options, *std::move(plan), started);
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
