#include "cli/act/answer.h"
#include "cli/act/verb_runner.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/rollout_access.h"
#include "crds/freeze.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "net/sleep.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

constexpr Duration kFreezePoll = std::chrono::milliseconds(100);
/// A controller that runs says so in every Rollout at once.
constexpr Duration kActingMax = std::chrono::seconds(5);

struct FreezeOptions {
  bool all = false;
  std::string reason;
  bool as_json = false;
};

ObjectKey key_of(const Session& session, bool all) {
  return {all ? std::string(crds::kFreezeAllNamespace) : session.namespace_,
          std::string(crds::kFreezeName)};
}

std::string scope_text(const ObjectKey& freeze) {
  if (freeze.namespace_ == crds::kFreezeAllNamespace) return "all namespaces";
  return "namespace '" + freeze.namespace_ + "'";
}

kube::Resource config_maps() {
  return *kube::find_resource("", "ConfigMap");
}

crds::Freeze freeze_of(const kube::Object& object) {
  const auto document = object.parse();
  return crds::decode_freeze(object.meta, document ? *document : Json());
}

/// The Rollouts that the freeze holds; none where they may not be listed.
kube::Awaitable<std::vector<crds::Rollout>> rollouts_under(Session& session, ObjectKey freeze) {
  const bool all = freeze.namespace_ == crds::kFreezeAllNamespace;
  const kube::ListOptions where{.namespace_ = all ? "" : freeze.namespace_};
  const auto list =
      co_await session.store.list(*kube::find_resource(crds::kGroup, crds::kRollout), where);
  std::vector<crds::Rollout> rollouts;
  if (!list) co_return rollouts;
  for (const kube::Object& object : list->items) {
    const auto document = object.parse();
    if (document) rollouts.push_back(crds::decode_rollout(*document).value);
  }
  co_return rollouts;
}

/// A freeze that no controller has seen holds nobody: a timeout names the Rollouts that do not tell
/// of it in that sentence.
kube::Awaitable<Result<void>> wait_until_held(Session& session, ObjectKey freeze,
                                              std::string sentence) {
  const SteadyTime patience = session.clock.steady_now() + kActingMax;
  std::string waiting;
  while (true) {
    waiting.clear();
    std::string moving;
    for (const crds::Rollout& rollout : co_await rollouts_under(session, freeze)) {
      const std::string name = " " + rollout.meta.key().to_string();
      if (verbs::freeze_text(rollout).find(sentence) == std::string::npos) waiting += name;
      if (!verbs::is_promoted(rollout) && !rollout.status.abort) moving += name;
    }
    if (waiting.empty() && !moving.empty()) note("under way, and held:" + moving);
    if (waiting.empty()) co_return Result<void>();
    if (session.clock.steady_now() >= patience) break;
    co_await net::sleep_for(session.clock, kFreezePoll);
  }
  co_return fail(timeout(
      fmt::format("no controller has acted upon the freeze within {} for{}: is one running?",
                  format_duration(kActingMax), waiting)));
}

/// A freeze as it stands, and whether it had to be written.
struct Frozen {
  kube::Object object;
  Outcome outcome = Outcome::Done;
};

/// Who freezes what is frozen joins: their reason is kept beside the first.
kube::Awaitable<Result<Frozen>> join(Session& session, ObjectKey key, std::string by,
                                     std::string reason) {
  for (int decision = 1;; ++decision) {
    auto known = co_await session.store.get(config_maps(), key);
    if (!known) co_return fail(known.error());
    const auto also = crds::joined_freeze(freeze_of(*known), by, reason);
    if (!also) co_return Frozen{*std::move(known), Outcome::Already};
    const Json change = {{"data", {{"also", *also}}}};
    auto written = co_await session.store.patch(
        config_maps(), key, kube::PatchType::Merge, dump_json(change),
        {.resource_version = known->meta.resource_version, .uid = known->meta.uid});
    if (written) co_return Frozen{*std::move(written), Outcome::Done};
    if (!overtaken(written.error()) || decision == kDecisionsMax) co_return fail(written.error());
  }
}

kube::Awaitable<Result<Frozen>> set_or_join(Session& session, ObjectKey key, std::string reason) {
  const verbs::Actor actor = co_await find_actor(session);
  const crds::Freeze wanted{
      .namespace_ = key.namespace_, .by = actor.to_string(), .reason = reason, .problem = ""};
  auto created = co_await session.store.create(config_maps(), key.namespace_,
                                               dump_json(crds::encode_freeze(wanted)));
  if (created) co_return Frozen{*std::move(created), Outcome::Done};
  if (created.error().code != ErrorCode::AlreadyExists) co_return fail(created.error());
  co_return co_await join(session, key, wanted.by, wanted.reason);
}

/// About a namespace, or about all of them.
Answer answer_about(const Session& session, std::string verb, const FreezeOptions& options) {
  return {.verb = std::move(verb),
          .object = {options.all ? "" : session.namespace_, ""},
          .text = "",
          .seen = {},
          .frozen = ""};
}

kube::Awaitable<int> freeze(Session& session, FreezeOptions options) {
  const ObjectKey key = key_of(session, options.all);
  Answer answer = answer_about(session, "freeze", options);
  const auto frozen = co_await set_or_join(session, key, options.reason);
  if (!frozen) co_return tell(failure(answer.verb, answer.object, frozen.error()), options.as_json);
  const std::string sentence = freeze_of(frozen->object).to_string();
  answer.outcome = frozen->outcome;
  answer.text = fmt::format("{}: {}", scope_text(key), sentence);
  if (!options.as_json) tell(answer, false);
  const auto held = co_await wait_until_held(session, key, sentence);
  if (!held) {
    answer.outcome = Outcome::Unanswered;
    answer.text = held.error().message;
  }
  co_return options.as_json || !held ? tell(answer, options.as_json) : kExitOk;
}

/// What still holds after a freeze was ended: of its own namespaces, or of all; none where they may
/// not be read.
kube::Awaitable<std::vector<kube::Object>> freezes_beside(Session& session, bool was_of_all) {
  if (was_of_all) {
    auto list = co_await session.store.list(
        config_maps(), {.field_selector = fmt::format("metadata.name={}", crds::kFreezeName)});
    co_return list ? std::move(list->items) : std::vector<kube::Object>();
  }
  auto above = co_await session.store.get(config_maps(), key_of(session, true));
  std::vector<kube::Object> found;
  if (above) found.push_back(*std::move(above));
  co_return found;
}

/// The record of a freeze goes with it: who lifted it is left as an event.
Json encode_lifting(const kube::Object& freeze, const std::string& by, SystemTime at) {
  const std::string name(crds::kFreezeName);
  const std::string time = format_time(at);
  return {{"apiVersion", "v1"},
          {"kind", "Event"},
          {"metadata",
           {{"name", fmt::format("{}.{:x}", name, at.time_since_epoch().count())},
            {"namespace", freeze.meta.namespace_}}},
          {"involvedObject",
           {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"name", name},
            {"namespace", freeze.meta.namespace_},
            {"uid", freeze.meta.uid}}},
          {"reason", "Unfrozen"},
          {"message", fmt::format("lifted by {}: {}", by, freeze_of(freeze).to_string())},
          {"type", "Normal"},
          {"source", {{"component", "sluice"}}},
          {"reportingComponent", "sluice"},
          {"firstTimestamp", time},
          {"lastTimestamp", time},
          {"count", 1}};
}

kube::Awaitable<void> record_lifting(Session& session, kube::Object freeze) {
  const verbs::Actor actor = co_await find_actor(session);
  const Json event = encode_lifting(freeze, actor.to_string(), session.clock.system_now());
  const auto told = co_await session.store.create(*kube::find_resource("", "Event"),
                                                  freeze.meta.namespace_, dump_json(event));
  if (!told) warn("it is not on record: " + told.error().message);
}

kube::Awaitable<int> unfreeze(Session& session, FreezeOptions options) {
  const ObjectKey key = key_of(session, options.all);
  Answer answer = answer_about(session, "unfreeze", options);
  const auto known = co_await session.store.get(config_maps(), key);
  if (known) {
    // Not one that somebody sets at this moment.
    const auto removed =
        co_await session.store.remove(config_maps(), key, {.uid = known->meta.uid});
    if (!removed && removed.error().code != ErrorCode::NotFound)
      co_return tell(failure(answer.verb, answer.object, removed.error()), options.as_json);
    if (removed) co_await record_lifting(session, *known);
    answer.text = fmt::format("{}: no longer {}", scope_text(key), freeze_of(*known).to_string());
  } else if (known.error().code == ErrorCode::NotFound) {
    answer.outcome = Outcome::Already;
    answer.text = scope_text(key) + ": not frozen";
  } else {
    co_return tell(failure(answer.verb, answer.object, known.error()), options.as_json);
  }
  const int code = tell(answer, options.as_json);
  for (const kube::Object& other : co_await freezes_beside(session, options.all))
    note(fmt::format("{}; `sluice unfreeze {}` ends that", freeze_of(other).to_string(),
                     options.all ? "-n " + other.meta.namespace_ : "--all"));
  co_return code;
}

using FreezeVerb = kube::Awaitable<int> (*)(Session&, FreezeOptions);

CLI::App* add_freeze_verb(CLI::App& app, Program& program, const std::string& word,
                          const std::string& help, const std::string& examples,
                          const std::shared_ptr<FreezeOptions>& options, FreezeVerb verb) {
  CLI::App* command = app.add_subcommand(word, help);
  add_answer_options(*command, options->as_json, examples);
  command->add_flag("--all", options->all, "All namespaces; else the one of -n, or the context's");
  command->callback([&program, options, verb] {
    program.run = [&program, options, verb] {
      if (options->all && !program.globals.login.namespace_.empty())
        return report_usage("--all and --namespace exclude each other");
      return run_in_session(program.globals,
                            [options, verb](Session& s) { return verb(s, *options); });
    };
  });
  return command;
}

}  // namespace

void add_freeze_commands(CLI::App& app, Program& program) {
  const auto options = std::make_shared<FreezeOptions>();
  CLI::App* command =
      add_freeze_verb(app, program, "freeze",
                      "Let no update go on, in a namespace or in all; whoever goes back still may",
                      "  sluice freeze --reason \"the week of the sale\"\n"
                      "  sluice freeze --all --reason \"incident 4711\"",
                      options, freeze);
  CLI::Option* reason = command->add_option("--reason", options->reason, "Why: everybody reads it");
  reason->required()->type_name("TEXT");
  check_with(*reason, [](const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos
               ? "an empty reason tells nobody anything"
               : "";
  });
  add_freeze_verb(app, program, "unfreeze", "End a freeze: updates go on",
                  "  sluice unfreeze\n  sluice unfreeze --all", std::make_shared<FreezeOptions>(),
                  unfreeze);
}

}  // namespace sluice::cli
