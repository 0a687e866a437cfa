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

/// A verb that decides without options of its own, for several Rollouts at once.
template <typename Decided>
Verb plain_verb(std::string word, Decided (*decide)(const crds::Rollout&, const Ask&),
                Basis basis) {
  return {.word = std::move(word),
          .decide = [decide](const VerbInput& input, const Ask& ask) -> Result<Decision> {
            return decide(input.rollout, ask);
          },
          .basis = basis,
          .takes_several = true};
}

/// The same for one that stops or holds.
template <typename Decided>
Verb stopping_verb(std::string word, Decided (*decide)(const crds::Rollout&, const Ask&),
                   Basis basis) {
  Verb verb = plain_verb(std::move(word), decide, basis);
  verb.goes_on = false;
  return verb;
}

struct VerbHelp {
  std::string what;
  std::string examples;
};

/// Adds a subcommand that takes a Rollout's name and a reason and carries the verb out.
CLI::App* add_verb(CLI::App& app, Program& program, const Verb& verb, const VerbHelp& help,
                   const std::shared_ptr<VerbOptions>& options = std::make_shared<VerbOptions>()) {
  CLI::App* sub = app.add_subcommand(verb.word.substr(verb.word.rfind(' ') + 1), help.what);
  if (verb.takes_several)
    add_names(*sub, options->names);
  else
    add_name(*sub, options->names.emplace_back());
  sub->add_option("--reason", options->reason, "Why, for the record")->type_name("TEXT");
  add_answer_options(*sub, options->as_json, help.examples);
  sub->callback([&program, options, verb] {
    program.run = [&program, options, verb] {
      return run_in_session(program.globals, [options, verb](Session& session) {
        return run_verb(session, *options, verb);
      });
    };
  });
  return sub;
}

void add_promote(CLI::App& app, Program& program) {
  const auto options = std::make_shared<VerbOptions>();
  const auto how = std::make_shared<verbs::PromoteOptions>();
  const auto decide = [how](const VerbInput& input, const Ask& ask) {
    return verbs::promote(input.rollout, ask, *how);
  };
  CLI::App* sub = add_verb(
      app, program, {.word = "promote", .decide = decide, .takes_several = true},
      {"End the pause or step under way; takes back `sluice pause`. A second promote within a "
       "second is taken for the same press, and refused; --step says which step is meant",
       "  sluice promote shop\n"
       "  sluice promote shop --step 3\n"
       "  sluice promote shop --skip-analysis --reason \"the metric is broken\"\n"
       "  sluice promote shop --full\n"
       "A script names the step that it has seen:\n"
       "  sluice promote shop --step \"$(sluice get rollout shop -o json | jq .step)\""},
      options);
  CLI::Option* full =
      sub->add_flag("--full", how->full, "Pass over all steps, pauses and analyses");
  sub->add_flag("--skip-analysis", how->skip_analysis,
                "Pass over the analysis that runs as the current step")
      ->excludes(full);
  sub->add_option("--step", options->step, "Only if the rollout is at this step, as `get` shows it")
      ->type_name("N");
}

void add_steering(CLI::App& app, Program& program) {
  add_verb(app, program, stopping_verb("pause", verbs::pause, Basis::Spec),
           {"Hold a rollout where it is; `sluice resume` lets it go on", "  sluice pause shop"});
  add_verb(app, program, plain_verb("resume", verbs::resume, Basis::Spec),
           {"Take back `sluice pause`; pauses among the steps go on", "  sluice resume shop"});
  add_verb(app, program, stopping_verb("abort", verbs::abort, Basis::AnyStatus),
           {"Send all traffic back to the stable revision",
            "  sluice abort shop --reason \"the new prices are wrong\""});
  add_verb(app, program, plain_verb("retry", verbs::retry, Basis::SeenStatus),
           {"Start an aborted update, or an analysis that waits for an answer, again",
            "  sluice retry shop"});
  add_verb(
      app, program, plain_verb("restart", verbs::restart, Basis::Spec),
      {"Have the pods replaced, as many at a time as maxUnavailable says; `status` waits for it",
       "  sluice restart shop"});
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
  CLI::App* sub =
      add_verb(*set, program, {.word = "set image", .decide = decide, .basis = Basis::Spec},
               {"Release another image, with all its steps, pauses and analyses",
                "  sluice set image shop shop=ghcr.io/acme/shop:v2\n"
                "  sluice set image shop shop=shop:v2 proxy=proxy:v7"});
  CLI::Option* option = sub->add_option("CONTAINER=IMAGE", *images, "*=IMAGE for all containers");
  option->required()->type_name("");
  check_with(*option, [](const std::string& text) {
    const auto change = verbs::parse_image_change(text);
    return change ? "" : change.error().message;
  });
}

void add_undo(CLI::App& app, Program& program) {
  const auto revision = std::make_shared<int64_t>(0);
  const auto decide = [revision](const VerbInput& input, const Ask& ask) {
    return verbs::undo(input.rollout, input.revisions, ask, *revision);
  };
  CLI::App* sub =
      add_verb(app, program, {.word = "undo", .decide = decide, .wants_revisions = true},
               {"Release an older revision again, as any other: with steps, pauses and analyses",
                "  sluice undo shop\n  sluice undo shop --to-revision 3"});
  CLI::Option* option = sub->add_option("--to-revision", *revision, "0: the one before the last");
  option->type_name("N");
  check_with(*option, [](const std::string& text) {
    const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    return number ? "" : "\"" + text + "\" is not a revision: expected 0, 1, 2, …";
  });
}

}  // namespace

void add_action_commands(CLI::App& app, Program& program) {
  add_promote(app, program);
  add_steering(app, program);
  add_set(app, program);
  add_undo(app, program);
}

}  // namespace sluice::cli
