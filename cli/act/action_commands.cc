#include "cli/act/verb_runner.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "verbs/images.h"
#include "verbs/promote.h"
#include "verbs/restore.h"
#include "verbs/steer.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

using verbs::Ask;
using verbs::Decision;

/// A verb that decides without options of its own.
template <typename Decided>
Verb plain_verb(Decided (*decide)(const crds::Rollout&, const Ask&), Basis basis) {
  return {[decide](const VerbInput& input, const Ask& ask) -> Result<Decision> {
            return decide(input.rollout, ask);
          },
          basis, false, true};
}

/// The same for one that stops or holds.
template <typename Decided>
Verb stopping_verb(Decided (*decide)(const crds::Rollout&, const Ask&), Basis basis) {
  Verb verb = plain_verb(decide, basis);
  verb.goes_on = false;
  return verb;
}

/// Adds a subcommand that takes a Rollout's name and a reason and carries the verb out.
CLI::App* add_verb(CLI::App& app, Program& program, const std::string& word,
                   const std::string& help, const std::shared_ptr<VerbOptions>& options,
                   const Verb& verb) {
  CLI::App* sub = app.add_subcommand(word, help);
  if (verb.takes_several)
    add_names(*sub, options->names);
  else
    add_name(*sub, options->names.emplace_back());
  sub->add_option("--reason", options->reason, "Why, for the record")->type_name("TEXT");
  sub->callback([&program, options, verb] {
    program.run = [&program, options, verb] {
      return run_in_session(program.globals, [options, verb](Session& session) {
        return run_verb(session, *options, verb);
      });
    };
  });
  return sub;
}

CLI::App* add_plain_verb(CLI::App& app, Program& program, const std::string& word,
                         const std::string& help, const Verb& verb) {
  return add_verb(app, program, word, help, std::make_shared<VerbOptions>(), verb);
}

void add_promote(CLI::App& app, Program& program) {
  const auto options = std::make_shared<VerbOptions>();
  const auto how = std::make_shared<verbs::PromoteOptions>();
  const auto decide = [how](const VerbInput& input, const Ask& ask) {
    return verbs::promote(input.rollout, ask, *how);
  };
  CLI::App* sub = add_verb(app, program, "promote",
                           "End the pause or step under way; takes back `sluice pause`", options,
                           {decide, Basis::SeenStatus, false, true});
  CLI::Option* full =
      sub->add_flag("--full", how->full, "Pass over all steps, pauses and analyses");
  sub->add_flag("--skip-analysis", how->skip_analysis,
                "Pass over the analysis that runs as the current step")
      ->excludes(full);
  sub->add_option("--step", options->step, "Only if the rollout is at this step, as `get` shows it")
      ->type_name("N");
  add_examples(*sub,
               "  sluice promote shop\n"
               "  sluice promote shop --step 3\n"
               "  sluice promote shop --skip-analysis --reason \"the metric is broken\"\n"
               "  sluice promote shop --full");
}

void add_steering(CLI::App& app, Program& program) {
  CLI::App* pause = add_plain_verb(app, program, "pause",
                                   "Hold a rollout where it is; `sluice resume` lets it go on",
                                   stopping_verb(verbs::pause, Basis::Spec));
  add_examples(*pause, "  sluice pause shop");
  CLI::App* resume = add_plain_verb(app, program, "resume",
                                    "Take back `sluice pause`; pauses among the steps go on",
                                    plain_verb(verbs::resume, Basis::Spec));
  add_examples(*resume, "  sluice resume shop");
  CLI::App* abort =
      add_plain_verb(app, program, "abort", "Send all traffic back to the stable revision",
                     stopping_verb(verbs::abort, Basis::AnyStatus));
  add_examples(*abort, "  sluice abort shop --reason \"the new prices are wrong\"");
  CLI::App* retry =
      add_plain_verb(app, program, "retry",
                     "Start an aborted update, or an analysis that waits for an answer, again",
                     plain_verb(verbs::retry, Basis::SeenStatus));
  add_examples(*retry, "  sluice retry shop");
  CLI::App* restart = add_plain_verb(
      app, program, "restart",
      "Have the pods replaced, as many at a time as maxUnavailable says; `status` waits for it",
      plain_verb(verbs::restart, Basis::Spec));
  add_examples(*restart, "  sluice restart shop");
}

Result<std::vector<verbs::ImageChange>> read_changes(const std::vector<std::string>& texts) {
  std::vector<verbs::ImageChange> changes;
  for (const std::string& text : texts) {
    auto change = verbs::parse_image_change(text);
    if (!change) return fail(change.error());
    changes.push_back(*std::move(change));
  }
  return changes;
}

void add_set(CLI::App& app, Program& program) {
  CLI::App* set = app.add_subcommand("set", "Change a rollout's pod template");
  set->require_subcommand(1);
  const auto images = std::make_shared<std::vector<std::string>>();
  const auto decide = [images](const VerbInput& input, const Ask& ask) -> Result<Decision> {
    const auto changes = read_changes(*images);
    if (!changes) return fail(changes.error());
    return verbs::set_images(input.rollout, ask, *changes);
  };
  CLI::App* sub = add_plain_verb(*set, program, "image",
                                 "Release another image, with all its steps, pauses and analyses",
                                 {decide, Basis::Spec});
  CLI::Option* option = sub->add_option("CONTAINER=IMAGE", *images, "*=IMAGE for all containers");
  option->required()->type_name("");
  check_with(*option, [](const std::string& text) {
    const auto change = verbs::parse_image_change(text);
    return change ? "" : change.error().message;
  });
  add_examples(*sub,
               "  sluice set image shop shop=ghcr.io/acme/shop:v2\n"
               "  sluice set image shop shop=shop:v2 proxy=proxy:v7");
}

void add_undo(CLI::App& app, Program& program) {
  const auto revision = std::make_shared<int64_t>(0);
  const auto decide = [revision](const VerbInput& input, const Ask& ask) {
    return verbs::undo(input.rollout, input.revisions, ask, *revision);
  };
  CLI::App* sub = add_plain_verb(
      app, program, "undo",
      "Release an older revision again, as any other: with steps, pauses and analyses",
      {decide, Basis::SeenStatus, true});
  CLI::Option* option = sub->add_option("--to-revision", *revision, "0: the one before the last");
  option->type_name("N");
  check_with(*option, [](const std::string& text) {
    const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    return number ? "" : "\"" + text + "\" is not a revision: expected 0, 1, 2, …";
  });
  add_examples(*sub, "  sluice undo shop\n  sluice undo shop --to-revision 3");
}

}  // namespace

void add_action_commands(CLI::App& app, Program& program) {
  add_promote(app, program);
  add_steering(app, program);
  add_set(app, program);
  add_undo(app, program);
}

}  // namespace sluice::cli
