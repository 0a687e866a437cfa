#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/rollout_access.h"
#include "cli/rollout_actions.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

using Writes = std::vector<RolloutWrite>;

/// What an action does and says: "rollout 'shop' " and one of the two texts.
struct Action {
  std::function<Result<Writes>(const RolloutRead&)> decide;
  std::string done;
  std::function<std::string(const crds::Rollout&)> nothing;
  /// Decides on the status, which has to speak of the newest spec.
  bool by_status = true;
};

std::function<std::string(const crds::Rollout&)> always(std::string text) {
  return [text = std::move(text)](const crds::Rollout&) { return text; };
}

kube::Awaitable<Result<RolloutRead>> read_for(Session& session, std::string name, bool by_status) {
  if (by_status) co_return co_await read_observed_rollout(session, name);
  co_return co_await read_rollout(session, name);
}

/// Reads, decides, writes; decides anew when somebody else wrote in between.
kube::Awaitable<int> act(Session& session, std::string name, Action action) {
  for (int decision = 1;; ++decision) {
    auto found = co_await read_for(session, name, action.by_status);
    if (!found) co_return report(found.error());
    auto writes = action.decide(*found);
    if (!writes) co_return report(writes.error());
    if (writes->empty()) {
      print(fmt::format("rollout '{}' {}\n", name, action.nothing(found->rollout)));
      co_return kExitOk;
    }
    const auto written =
        co_await write_rollout(session, std::move(found->object), *std::move(writes));
    if (written) {
      print(fmt::format("rollout '{}' {}\n", name, action.done));
      co_return kExitOk;
    }
    if (!overtaken(written.error()) || decision == kDecisionsMax) co_return report(written.error());
  }
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
CLI::App* add_verb(CLI::App& app, Program& program, const std::string& verb,
                   const std::string& help, const Options& options, const SessionCommand& command) {
  CLI::App* sub = app.add_subcommand(verb, help);
  add_name(*sub, options->name);
  sub->callback([&program, command] {
    program.run = [&program, command] { return run_in_session(program.globals, command); };
  });
  return sub;
}

/// Promotes what was seen: when the Rollout moved on by itself meanwhile, there is nothing to do.
Action promotion(bool full) {
  const auto first = std::make_shared<std::optional<int32_t>>();
  const auto decide = [first, full](const RolloutRead& found) -> Result<Writes> {
    const int32_t index = found.rollout.status.current_step_index.value_or(0);
    if (*first && **first != index) return Writes{};
    *first = index;
    return promote(found.rollout, full);
  };
  return {decide, full ? "fully promoted" : "promoted", always("has nothing to promote")};
}

void add_promote(CLI::App& app, Program& program) {
  const auto options = std::make_shared<ActionOptions>();
  CLI::App* sub = add_verb(
      app, program, "promote", "End the pause or step under way; takes back `sluice pause`",
      options, [options](Session& s) { return act(s, options->name, promotion(options->full)); });
  sub->add_flag("--full", options->full, "Skip all steps, pauses and analyses");
  add_examples(*sub, "  sluice promote shop\n  sluice promote shop --full");
}

void add_abort(CLI::App& app, Program& program) {
  const auto options = std::make_shared<ActionOptions>();
  CLI::App* sub =
      add_verb(app, program, "abort", "Send all traffic back to the stable revision", options,
               [options](Session& s) {
                 const auto decide = [options](const RolloutRead& found) -> Result<Writes> {
                   if (found.observed() && is_promoted(found.rollout)) return Writes{};
                   return abort(found.rollout, options->reason);
                 };
                 const auto nothing = [](const crds::Rollout& rollout) -> std::string {
                   return rollout.status.abort ? "is aborted already" : "has no update to abort";
                 };
                 return act(s, options->name, {decide, "aborted", nothing});
               });
  sub->add_option("--reason", options->reason, "Shown wherever the abort is")->type_name("TEXT");
  add_examples(*sub, "  sluice abort shop --reason \"the new prices are wrong\"");
}

void add_retry(CLI::App& app, Program& program) {
  const auto options = std::make_shared<ActionOptions>();
  CLI::App* sub =
      add_verb(app, program, "retry", "Start an aborted update again from its first step", options,
               [options](Session& s) {
                 const auto decide = [](const RolloutRead& found) -> Result<Writes> {
                   return retry(found.rollout);
                 };
                 return act(s, options->name, {decide, "retried", always("is not aborted")});
               });
  add_examples(*sub, "  sluice retry shop");
}

void add_pause(CLI::App& app, Program& program) {
  const auto options = std::make_shared<ActionOptions>();
  CLI::App* sub = add_verb(
      app, program, "pause", "Hold a rollout where it is; `sluice promote` lets it go on", options,
      [options](Session& s) {
        const auto decide = [](const RolloutRead& found) -> Result<Writes> {
          return pause(found.rollout);
        };
        return act(s, options->name, {decide, "paused", always("is paused already"), false});
      });
  add_examples(*sub, "  sluice pause shop");
}

Result<Writes> decide_images(const RolloutRead& found, const ActionOptions& options) {
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

void add_set(CLI::App& app, Program& program) {
  CLI::App* set = app.add_subcommand("set", "Change a rollout's pod template");
  set->require_subcommand(1);
  const auto options = std::make_shared<ActionOptions>();
  CLI::App* sub =
      add_verb(*set, program, "image", "Release another image, through all steps", options,
               [options](Session& s) {
                 const auto decide = [options](const RolloutRead& found) {
                   return decide_images(found, *options);
                 };
                 return act(s, options->name,
                            {decide, "image updated", always("has that image already"), false});
               });
  CLI::Option* images =
      sub->add_option("CONTAINER=IMAGE", options->images, "*=IMAGE for all containers");
  images->required()->type_name("");
  check_with(*images, [](const std::string& text) {
    const auto change = parse_image_change(text);
    return change ? "" : change.error().message;
  });
  add_examples(*sub,
               "  sluice set image shop shop=ghcr.io/acme/shop:v2\n"
               "  sluice set image shop shop=shop:v2 proxy=proxy:v7");
}

/// Decides on the ReplicaSets, and so apart from the other actions.
kube::Awaitable<int> undo_rollout(Session& session, std::string name, int64_t to_revision) {
  const auto observed = co_await read_observed_rollout(session, name);
  if (!observed) co_return report(observed.error());
  const auto objects = co_await read_whole_rollout(session, name);
  if (!objects) co_return report(objects.error());
  auto writes = undo(*objects, to_revision);
  if (!writes) co_return report(writes.error());
  if (writes->empty()) {
    print(fmt::format("rollout '{}' is at revision {} already\n", name, to_revision));
    co_return kExitOk;
  }
  const auto written = co_await write_rollout(session, objects->rollout, *std::move(writes));
  if (!written) co_return report(written.error());
  print(fmt::format("rollout '{}' undo\n", name));
  co_return kExitOk;
}

void add_undo(CLI::App& app, Program& program) {
  const auto options = std::make_shared<ActionOptions>();
  CLI::App* sub = add_verb(
      app, program, "undo", "Release an older revision again, through all steps", options,
      [options](Session& s) { return undo_rollout(s, options->name, options->to_revision); });
  sub->add_option("--to-revision", options->to_revision, "0: the one before the last")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  add_examples(*sub, "  sluice undo shop\n  sluice undo shop --to-revision 3");
}

}  // namespace

void add_action_commands(CLI::App& app, Program& program) {
  add_promote(app, program);
  add_pause(app, program);
  add_abort(app, program);
  add_retry(app, program);
  add_set(app, program);
  add_undo(app, program);
}

}  // namespace sluice::cli
