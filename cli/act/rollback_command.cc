#include "cli/act/answer.h"
#include "cli/act/endpoints.h"
#include "cli/act/verb_runner.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/rollout_access.h"
#include "crds/hand_over.h"
#include "net/sleep.h"
#include "verbs/restore.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sluice::cli {
namespace {

constexpr Duration kRollbackPoll = std::chrono::milliseconds(50);
/// Once traffic is sent back, only the confirmation is waited for.
constexpr Duration kConfirmPoll = std::chrono::milliseconds(250);

struct RollbackOptions {
  std::string name;
  std::string reason;
  bool as_json = false;
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

std::string serving_service(const crds::RolloutSpec& spec) {
  if (const crds::BlueGreenStrategy* blue_green = spec.blue_green())
    return blue_green->active_service;
  return spec.canary() != nullptr ? spec.canary()->stable_service : "";
}

/// Watches the traffic go back, and says to people what is seen on the way.
class Return {
 public:
  Return(Session& session, RollbackOptions options, std::string hash, SteadyTime started)
      : session_(session),
        options_(std::move(options)),
        hash_(std::move(hash)),
        started_(started) {}

  /// The sentence of the confirmation; a timeout where there was none.
  kube::Awaitable<Result<std::string>> watch() {
    while (true) {
      const Result<bool> confirmed = co_await look();
      if (confirmed && *confirmed) co_return sentence("confirmed to be with");
      // An API server that is away for a moment does not end the wait: what was asked for stands.
      if (!confirmed && !is_transient(confirmed.error().code)) co_return fail(confirmed.error());
      if (!confirmed) state_ = confirmed.error().message;
      if (session_.clock.steady_now() - started_ >= options_.timeout) {
        co_return fail(timeout(
            fmt::format("the return of traffic was asked for, but not confirmed within {}: {}",
                        format_duration(options_.timeout), state_)));
      }
      co_await net::sleep_for(session_.clock, told_ ? kConfirmPoll : kRollbackPoll);
    }
  }

 private:
  kube::Awaitable<Result<bool>> look() {
    const auto found = co_await read_rollout(session_, options_.name);
    if (!found) co_return fail(found.error());
    state_ = state_text(found->rollout);
    const verbs::TrafficReturn traffic = verbs::traffic_return(found->rollout, hash_);
    if (traffic == verbs::TrafficReturn::Underway) co_return not_yet();
    if (traffic != verbs::TrafficReturn::Confirmed) tell_sent();
    const std::string service = serving_service(found->rollout.spec);
    const auto beside = co_await endpoints_beside_revision(session_, service, hash_);
    if (!beside) co_return fail(beside.error());
    if (!beside->empty()) {
      state_ = fmt::format("service {} still sends requests to {}", service, *beside->begin());
      co_return not_yet();
    }
    if (traffic == verbs::TrafficReturn::Sent) co_return has_lasted();
    co_return traffic == verbs::TrafficReturn::Confirmed;
  }

  bool not_yet() {
    settled_since_.reset();
    return false;
  }

  /// Whether nothing else has been seen for as long as it takes to follow a Service.
  bool has_lasted() {
    const SteadyTime now = session_.clock.steady_now();
    if (!settled_since_) settled_since_ = now;
    return now - *settled_since_ >= crds::kHandOver;
  }

  void tell_sent() {
    if (told_) return;
    told_ = true;
    if (options_.as_json) return;
    print(fmt::format("{}; whoever sends it has {} to follow\n", sentence("sent to"),
                      format_duration(crds::kHandOver)));
  }

  std::string sentence(const char* what) const {
    const Duration took = session_.clock.steady_now() - started_;
    return fmt::format("rollout '{}': all traffic is {} {} ({})", options_.name, what, hash_,
                       format_duration(std::chrono::floor<std::chrono::milliseconds>(took)));
  }

  Session& session_;
  RollbackOptions options_;
  std::string hash_;
  SteadyTime started_;
  std::optional<SteadyTime> settled_since_;
  bool told_ = false;
  std::string state_;  ///< What is in the way.
};

/// Asks for the return, again where somebody else was faster; `hash` becomes the revision that is
/// returned to.
kube::Awaitable<Answer> ask_for_return(Session& session, RollbackOptions options,
                                       std::string* hash) {
  Answer answer{.verb = "rollback", .object = session.key(options.name), .text = ""};
  verbs::Ask ask;
  ask.by = co_await find_actor(session);
  ask.reason = options.reason;
  for (int decision = 1;; ++decision) {
    const auto objects = co_await read_for_rollback(session, options.name);
    if (!objects) co_return failure(answer.verb, answer.object, objects.error());
    const crds::Rollout rollout = decode_whole_rollout(*objects);
    answer.seen = seen_of(rollout);
    ask.at = session.clock.system_now();
    auto plan = verbs::plan_rollback(rollout, kept_revisions(*objects), ask);
    if (!plan) {
      answer.outcome = Outcome::Refused;
      answer.text = plan.error().message;
      co_return answer;
    }
    *hash = plan->hash;
    answer.text = fmt::format("rollout '{}': {}", options.name, plan->explanation);
    answer.outcome = plan->writes.empty() ? Outcome::Already : Outcome::Done;
    if (plan->writes.empty()) co_return answer;
    const auto written = co_await write_rollout(session, answer.object, plan->writes);
    const bool again = !written && overtaken(written.error()) && decision < kDecisionsMax;
    if (again) continue;
    if (!written) co_return failure(answer.verb, answer.object, written.error());
    co_return answer;
  }
}

kube::Awaitable<int> rollback(Session& session, RollbackOptions options) {
  const SteadyTime started = session.clock.steady_now();
  std::string hash;
  Answer answer = co_await ask_for_return(session, options, &hash);
  if (exit_code_of(answer.outcome) != kExitOk) co_return tell(answer, options.as_json);
  if (!options.as_json) tell(answer, false);
  Return way_back(session, options, hash, started);
  const auto confirmed = co_await way_back.watch();
  if (!confirmed) answer.outcome = outcome_of(confirmed.error());
  answer.text = confirmed ? *confirmed : confirmed.error().message;
  co_return tell(answer, options.as_json);
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
  CLI::Option* reason = sub->add_option("REASON", options->reason, "Why, for the record");
  reason->type_name("");
  sub->add_option("--reason", options->reason, "The same")->type_name("TEXT")->excludes(reason);
  add_timeout(*sub, options->timeout, "How long to wait for the confirmation");
  add_answer_options(*sub, options->as_json,
                     "  sluice rollback shop\n"
                     "  sluice rollback shop \"customers see errors\"");
  sub->callback([&program, options] {
    program.run = [&program, options] {
      return run_in_session(program.globals,
                            [options](Session& s) { return rollback(s, *options); });
    };
  });
}

}  // namespace sluice::cli
