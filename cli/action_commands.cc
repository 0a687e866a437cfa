#include "cli/commands.h"
#include "cli/rollout_actions.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "net/sleep.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace sluice::cli {
namespace {

constexpr Duration kPoll = std::chrono::milliseconds(50);
/// How long a rollback waits for the controller to have seen the newest spec before it decides.
constexpr Duration kObserveWait = std::chrono::seconds(5);
/// How often an action is decided anew when somebody else wrote in between.
constexpr int kTries = 5;

void say(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

const kube::Resource& rollouts() {
  return *kube::find_resource(crds::kGroup, crds::kRollout);
}

/// Reads a Rollout with the version that its writes are bound to.
struct Read {
  kube::Object object;
  crds::Rollout rollout;
};

kube::Awaitable<Result<Read>> read(Session& session, std::string name) {
  auto object = co_await session.store.get(rollouts(), session.key(name));
  if (!object) co_return fail(object.error());
  const auto document = object->parse();
  if (!document) co_return fail(document.error());
  Read out{*std::move(object), crds::decode_rollout(*document).value};
  co_return out;
}

/// Writes one after the other; each is bound to the version that the one before left.
kube::Awaitable<Result<void>> write(Session& session, kube::Object from,
                                    std::vector<RolloutWrite> writes) {
  std::string version = from.meta.resource_version;
  for (RolloutWrite& change : writes) {
    kube::PatchOptions options{.subresource = change.subresource};
    // A JSON patch has no place for a version: it tests what it replaces.
    if (change.type == kube::PatchType::Merge) options.resource_version = version;
    const auto patched = co_await session.store.patch(rollouts(), from.meta.key(), change.type,
                                                      std::move(change.body), options);
    if (!patched) co_return fail(patched.error());
    version = patched->meta.resource_version;
  }
  co_return Result<void>{};
}

/// What was read has moved on: the version, or what a JSON patch tested.
bool overtaken(const Error& error) {
  return error.code == ErrorCode::Conflict || error.code == ErrorCode::Invalid;
}

using Decide = std::function<Result<std::vector<RolloutWrite>>(const Read&)>;

/// Reads, decides, writes; decides anew when somebody else wrote in between.
kube::Awaitable<int> act(Session& session, std::string name, Decide decide, std::string done,
                         std::string nothing) {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    auto found = co_await read(session, name);
    if (!found) co_return report(found.error());
    auto writes = decide(*found);
    if (!writes) co_return report(writes.error());
    if (writes->empty()) {
      say(fmt::format("rollout '{}' {}", name, nothing));
      co_return kExitOk;
    }
    const auto written = co_await write(session, std::move(found->object), *std::move(writes));
    if (written) {
      say(fmt::format("rollout '{}' {}", name, done));
      co_return kExitOk;
    }
    if (!overtaken(written.error()) || attempt + 1 == kTries) co_return report(written.error());
  }
  co_return kExitFailed;
}

/// Promotes what was seen: when the Rollout moved on by itself meanwhile, there is nothing to do.
Decide promote_once(bool full) {
  auto first = std::make_shared<std::optional<int32_t>>();
  return [first, full](const Read& found) -> Result<std::vector<RolloutWrite>> {
    const int32_t index = found.rollout.status.current_step_index.value_or(0);
    if (*first && **first != index) return std::vector<RolloutWrite>{};
    *first = index;
    return promote(found.rollout, full);
  };
}

struct RollbackOptions {
  std::string name;
  std::string reason;
  std::string timeout = "2m";
};

kube::Awaitable<Result<RolloutObjects>> read_observed(Session& session, std::string name) {
  const SteadyTime patience = session.clock.steady_now() + kObserveWait;
  while (true) {
    auto objects = co_await read_rollout_objects(session.store, session.key(name));
    if (!objects) co_return objects;
    const auto document = objects->rollout.parse();
    if (!document) co_return fail(document.error());
    const bool seen = string_at(*document, "status.observedGeneration") ==
                      std::to_string(objects->rollout.meta.generation);
    if (seen || session.clock.steady_now() >= patience) co_return objects;
    co_await net::sleep_for(session.clock, kPoll);
  }
}

kube::Awaitable<int> wait_until_back(Session& session, RollbackOptions options, Rollback plan,
                                     SteadyTime started) {
  const auto limit = parse_duration(options.timeout);
  if (!limit) co_return report(limit.error());
  while (true) {
    const auto found = co_await read(session, options.name);
    const Duration took = session.clock.steady_now() - started;
    if (found && traffic_is_back(found->rollout, plan.hash)) {
      say(fmt::format("rollout '{}': all traffic is confirmed to be with {} ({})", options.name,
                      plan.hash,
                      format_duration(std::chrono::floor<std::chrono::milliseconds>(took))));
      co_return kExitOk;
    }
    // An API server that is away for a moment does not end the wait: what was asked for stands.
    if (!found && !is_transient(found.error().code)) co_return report(found.error());
    if (took >= *limit) {
      co_return report(
          timeout(fmt::format("the return of traffic was asked for, but not confirmed within {}{}",
                              options.timeout, found ? ": " + found->rollout.status.message : "")));
    }
    co_await net::sleep_for(session.clock, kPoll);
  }
}

kube::Awaitable<int> rollback(Session& session, RollbackOptions options) {
  const SteadyTime started = session.clock.steady_now();
  for (int attempt = 0; attempt < kTries; ++attempt) {
    auto objects = co_await read_observed(session, options.name);
    if (!objects) co_return report(objects.error());
    auto plan = plan_rollback(*objects, options.reason);
    if (!plan) co_return report(plan.error());
    const auto written = co_await write(session, objects->rollout, plan->writes);
    if (written) {
      say(fmt::format("rollout '{}': {}", options.name, plan->explanation));
      co_return co_await wait_until_back(session, options, *plan, started);
    }
    if (!overtaken(written.error()) || attempt + 1 == kTries) co_return report(written.error());
  }
  co_return kExitFailed;
}

kube::Awaitable<int> undo_rollout(Session& session, std::string name, int64_t to_revision) {
  const auto objects = co_await read_rollout_objects(session.store, session.key(name));
  if (!objects) co_return report(objects.error());
  auto writes = undo(*objects, to_revision);
  if (!writes) co_return report(writes.error());
  const auto written = co_await write(session, objects->rollout, *std::move(writes));
  if (!written) co_return report(written.error());
  say(fmt::format("rollout '{}' undo", name));
  co_return kExitOk;
}

struct ActionOptions {
  std::string name;
  std::string reason;
  std::vector<std::string> images;
  bool full = false;
  int64_t to_revision = 0;
};

using Options = std::shared_ptr<ActionOptions>;

/// Adds a subcommand that takes a Rollout's name and runs `command` in a session.
CLI::App* add_action(CLI::App& app, Program& program, const std::string& verb,
                     const std::string& help, const Options& options,
                     const SessionCommand& command) {
  CLI::App* sub = app.add_subcommand(verb, help);
  sub->add_option("NAME", options->name, "The rollout")->required();
  sub->callback([&program, command] {
    program.run = [&program, command] { return run_in_session(program.globals, command); };
  });
  return sub;
}

void add_promotions(CLI::App& app, Program& program) {
  const auto promoting = std::make_shared<ActionOptions>();
  CLI::App* promoter = add_action(app, program, "promote", "End the pause or step under way",
                                  promoting, [promoting](Session& s) {
                                    return act(s, promoting->name, promote_once(promoting->full),
                                               promoting->full ? "fully promoted" : "promoted",
                                               "has nothing to promote");
                                  });
  promoter->add_flag("--full", promoting->full, "Skip all steps, pauses and analyses");

  const auto aborting = std::make_shared<ActionOptions>();
  CLI::App* aborter = add_action(
      app, program, "abort", "Send all traffic back to the stable revision", aborting,
      [aborting](Session& s) {
        const Decide decide = [aborting](const Read& found) {
          return Result<std::vector<RolloutWrite>>(abort(found.rollout, aborting->reason));
        };
        return act(s, aborting->name, decide, "aborted", "is aborted already");
      });
  aborter->add_option("--reason", aborting->reason, "Shown wherever the abort is");

  const auto retrying = std::make_shared<ActionOptions>();
  add_action(app, program, "retry", "Start an aborted update again", retrying,
             [retrying](Session& s) {
               const Decide decide = [](const Read& found) {
                 return Result<std::vector<RolloutWrite>>(retry(found.rollout));
               };
               return act(s, retrying->name, decide, "retried", "is not aborted");
             });

  const auto pausing = std::make_shared<ActionOptions>();
  add_action(app, program, "pause", "Hold a rollout where it is (promote goes on)", pausing,
             [pausing](Session& s) {
               const Decide decide = [](const Read& found) {
                 return Result<std::vector<RolloutWrite>>(pause(found.rollout));
               };
               return act(s, pausing->name, decide, "paused", "is paused already");
             });
}

Result<std::vector<RolloutWrite>> decide_images(const Read& found, const ActionOptions& options) {
  std::vector<ImageChange> changes;
  for (const std::string& text : options.images) {
    auto change = parse_image_change(text);
    if (!change) return fail(change.error());
    changes.push_back(*std::move(change));
  }
  const auto document = found.object.parse();
  if (!document) return fail(document.error());
  return set_images(*document, changes);
}

void add_template_changes(CLI::App& app, Program& program) {
  CLI::App* set = app.add_subcommand("set", "Change a rollout's pod template");
  set->require_subcommand(1);
  const auto images = std::make_shared<ActionOptions>();
  CLI::App* image =
      add_action(*set, program, "image", "Release another image", images, [images](Session& s) {
        const Decide decide = [images](const Read& found) { return decide_images(found, *images); };
        return act(s, images->name, decide, "image updated", "has that image already");
      });
  image->add_option("CONTAINER=IMAGE", images->images, "*=IMAGE for all containers")->required();

  const auto undoing = std::make_shared<ActionOptions>();
  CLI::App* undoer = add_action(
      app, program, "undo", "Release an older revision again, through all steps", undoing,
      [undoing](Session& s) { return undo_rollout(s, undoing->name, undoing->to_revision); });
  undoer->add_option("--to-revision", undoing->to_revision, "0: the one before the last");
}

void add_rollback(CLI::App& app, Program& program) {
  CLI::App* sub = app.add_subcommand(
      "rollback",
      "Get traffic back to the last good revision at once, whatever the state. Aborts an update "
      "under way; after a promotion returns to the revision before, without steps. May be "
      "repeated. "
      "Exits when the traffic is confirmed to be back.");
  const auto options = std::make_shared<RollbackOptions>();
  sub->add_option("NAME", options->name, "The rollout")->required();
  sub->add_option("REASON", options->reason, "Why, for the record");
  sub->add_option("-t,--timeout", options->timeout, "How long to wait for the confirmation");
  sub->callback([&program, options] {
    program.run = [&program, options] {
      return run_in_session(program.globals,
                            [options](Session& s) { return rollback(s, *options); });
    };
  });
}

}  // namespace

void add_action_commands(CLI::App& app, Program& program) {
  add_promotions(app, program);
  add_template_changes(app, program);
  add_rollback(app, program);
}

}  // namespace sluice::cli
