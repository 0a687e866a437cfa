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

constexpr Duration kPoll = std::chrono::milliseconds(100);
/// A controller that runs says so in every Rollout at once.
constexpr Duration kActingMax = std::chrono::seconds(5);

struct FreezeOptions {
  bool all = false;
  std::string reason;
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

std::string sentence_of(const kube::Object& object) {
  const auto document = object.parse();
  return crds::decode_freeze(object.meta, document ? *document : Json()).to_string();
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

/// A freeze that no controller has seen holds nobody: says which Rollouts do not tell of it.
kube::Awaitable<int> tell_what_is_held(Session& session, ObjectKey freeze) {
  const SteadyTime patience = session.clock.steady_now() + kActingMax;
  std::string waiting;
  while (true) {
    waiting.clear();
    std::string moving;
    for (const crds::Rollout& rollout : co_await rollouts_under(session, freeze)) {
      const std::string name = " " + rollout.meta.key().to_string();
      if (verbs::freeze_text(rollout).empty()) waiting += name;
      if (!verbs::is_promoted(rollout) && !rollout.status.abort) moving += name;
    }
    if (waiting.empty() && !moving.empty()) note("under way, and held:" + moving);
    if (waiting.empty()) co_return kExitOk;
    if (session.clock.steady_now() >= patience) break;
    co_await net::sleep_for(session.clock, kPoll);
  }
  co_return report(timeout(
      fmt::format("no controller has acted upon the freeze within {} for{}: is one running?",
                  format_duration(kActingMax), waiting)));
}

kube::Awaitable<int> freeze(Session& session, FreezeOptions options) {
  const ObjectKey key = key_of(session, options.all);
  const verbs::Actor actor = co_await find_actor(session);
  const crds::Freeze wanted{.namespace_ = key.namespace_,
                            .by = actor.to_string(),
                            .reason = options.reason,
                            .since = session.clock.system_now(),
                            .problem = ""};
  const auto made = co_await session.store.create(config_maps(), key.namespace_,
                                                  dump_json(crds::encode_freeze(wanted)));
  if (made) {
    print(fmt::format("{}: {}\n", scope_text(key), sentence_of(*made)));
    co_return co_await tell_what_is_held(session, key);
  }
  if (made.error().code != ErrorCode::AlreadyExists) co_return report(made.error());
  const auto known = co_await session.store.get(config_maps(), key);
  if (!known) co_return report(known.error());
  print(fmt::format("{}: {} already\n", scope_text(key), sentence_of(*known)));
  co_return co_await tell_what_is_held(session, key);
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

kube::Awaitable<int> unfreeze(Session& session, FreezeOptions options) {
  const ObjectKey key = key_of(session, options.all);
  const auto known = co_await session.store.get(config_maps(), key);
  if (known) {
    // Not one that somebody sets at this moment.
    const auto removed =
        co_await session.store.remove(config_maps(), key, {.uid = known->meta.uid});
    if (!removed && removed.error().code != ErrorCode::NotFound) co_return report(removed.error());
    print(fmt::format("{}: no longer {}\n", scope_text(key), sentence_of(*known)));
  } else if (known.error().code == ErrorCode::NotFound) {
    print(scope_text(key) + ": not frozen\n");
  } else {
    co_return report(known.error());
  }
  for (const kube::Object& other : co_await freezes_beside(session, options.all))
    note(fmt::format("{}; `sluice unfreeze {}` ends that", sentence_of(other),
                     options.all ? "-n " + other.meta.namespace_ : "--all"));
  co_return kExitOk;
}

using FreezeVerb = kube::Awaitable<int> (*)(Session&, FreezeOptions);

CLI::App* add_freeze_verb(CLI::App& app, Program& program, const std::string& word,
                          const std::string& help, const std::shared_ptr<FreezeOptions>& options,
                          FreezeVerb verb) {
  CLI::App* command = app.add_subcommand(word, help);
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
                      options, freeze);
  CLI::Option* reason = command->add_option("--reason", options->reason, "Why: everybody reads it");
  reason->required()->type_name("TEXT");
  check_with(*reason, [](const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos
               ? "an empty reason tells nobody anything"
               : "";
  });
  add_examples(*command,
               "  sluice freeze --reason \"the week of the sale\"\n"
               "  sluice freeze --all --reason \"incident 4711\"");
  CLI::App* back = add_freeze_verb(app, program, "unfreeze", "End a freeze: updates go on",
                                   std::make_shared<FreezeOptions>(), unfreeze);
  add_examples(*back, "  sluice unfreeze\n  sluice unfreeze --all");
}

}  // namespace sluice::cli
