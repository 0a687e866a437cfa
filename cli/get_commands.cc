#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/rollout_access.h"
#include "cli/rollout_info.h"
#include "cli/rollout_tree.h"
#include "cli/text_table.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "net/sleep.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace sluice::cli {
namespace {

/// How often a watched Rollout is looked at, with all that belongs to it.
constexpr Duration kRepaint = std::chrono::milliseconds(250);
/// How often its status is.
constexpr Duration kRefresh = std::chrono::milliseconds(200);
/// After this long a spec that no controller has seen is worth a word.
constexpr Duration kUnseenMax = std::chrono::seconds(10);
/// How long a spec that refers to what is not there may take to heal: manifests are applied one by
/// one, a Rollout often before its Services.
constexpr Duration kHealPatience = std::chrono::seconds(5);
constexpr const char* kClearScreen = "\x1b[H\x1b[2J";

struct GetOptions {
  std::string name;
  std::string output;
  bool watch = false;
};

/// Prints what is new since `shown`; false where nobody reads. A terminal is painted anew, also
/// when only ages changed; elsewhere state follows state.
bool show(const RolloutObjects& objects, const GetOptions& options, const Session& session,
          std::string& shown) {
  const RolloutInfo info = make_rollout_info(objects);
  const std::string json = dump_json(encode_rollout_info(info));
  const bool as_json = options.output == "json";
  const std::string text =
      as_json ? json + "\n"
              : render_rollout(info, session.clock.system_now(), {.color = session.color});
  if (!options.watch) return print(text);
  const bool repaint = !as_json && on_terminal();
  const std::string& state = repaint ? text : json;
  if (state == shown) return true;
  const bool separate = !as_json && !repaint && !shown.empty();
  shown = state;
  return print((repaint ? kClearScreen : separate ? "\n" : "") + text);
}

kube::Awaitable<int> get_rollout(Session& session, GetOptions options) {
  Patience patience(session.clock);
  std::string shown;
  while (true) {
    const auto objects = co_await read_whole_rollout(session, options.name);
    if (!objects && !patience.bears(objects.error())) co_return report(objects.error());
    if (objects) {
      patience.answered();
      if (!show(*objects, options, session, shown)) co_return kExitFailed;
    }
    if (!options.watch) co_return kExitOk;
    co_await net::sleep_for(session.clock, kRepaint);
  }
}

struct ListOptions {
  std::string kind = "rollouts";
  bool all_namespaces = false;
  std::string output;
};

std::vector<std::string> list_row(const crds::Rollout& rollout, bool with_namespace,
                                  SystemTime now) {
  const crds::RolloutStatus& status = rollout.status;
  const size_t steps = rollout.spec.canary() ? rollout.spec.canary()->steps.size() : 0;
  std::vector<std::string> row;
  if (with_namespace) row.push_back(rollout.meta.namespace_);
  row.push_back(rollout.meta.name);
  row.push_back(rollout.spec.blue_green() ? "BlueGreen" : "Canary");
  row.emplace_back(crds::to_string(status.phase));
  row.push_back(steps == 0 ? "-"
                           : fmt::format("{}/{}", status.current_step_index.value_or(0), steps));
  row.push_back(std::to_string(set_weight_of(rollout)));
  row.push_back(fmt::format("{}/{}", status.ready_replicas, status.replicas));
  for (const int64_t number :
       {int64_t{rollout.spec.replicas.value_or(1)}, int64_t{status.updated_replicas},
        int64_t{status.available_replicas}}) {
    row.push_back(std::to_string(number));
  }
  row.push_back(format_age(now - rollout.meta.creation_timestamp));
  return row;
}

Json list_item(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  return {{"name", rollout.meta.name},
          {"namespace", rollout.meta.namespace_},
          {"status", crds::to_string(status.phase)},
          {"message", status.message},
          {"strategy", rollout.spec.blue_green() ? "BlueGreen" : "Canary"},
          {"step", status.current_step_index.value_or(0)},
          {"setWeight", set_weight_of(rollout)},
          {"desired", rollout.spec.replicas.value_or(1)},
          {"available", status.available_replicas}};
}

kube::Awaitable<int> list_rollouts(Session& session, ListOptions options) {
  const kube::ListOptions where{.namespace_ = options.all_namespaces ? "" : session.namespace_};
  const auto list =
      co_await session.store.list(*kube::find_resource(crds::kGroup, crds::kRollout), where);
  if (!list) {
    Error error = co_await explain_not_found(session, "", list.error());
    co_return report(error);
  }
  TextTable table;
  std::vector<std::string> head = {"NAME",  "STRATEGY", "STATUS",     "STEP",      "SET-WEIGHT",
                                   "READY", "DESIRED",  "UP-TO-DATE", "AVAILABLE", "AGE"};
  if (options.all_namespaces) head.insert(head.begin(), "NAMESPACE");
  table.add(std::move(head));
  Json items = Json::array();
  for (const kube::Object& object : list->items) {
    const auto document = object.parse();
    if (!document) co_return report(document.error());
    const crds::Rollout rollout = crds::decode_rollout(*document).value;
    table.add(list_row(rollout, options.all_namespaces, session.clock.system_now()));
    items.push_back(list_item(rollout));
  }
  if (options.output != "json" && items.empty()) {
    note(options.all_namespaces
             ? "no rollouts"
             : fmt::format("no rollouts in namespace \"{}\"", session.namespace_));
    co_return kExitOk;
  }
  print(options.output == "json" ? dump_json(items) + "\n" : table.render());
  co_return kExitOk;
}

struct StatusOptions {
  std::string name;
  bool watch = false;  ///< Accepted: waiting is the default.
  bool no_watch = false;
  Duration timeout{};  ///< 0: for ever.
};

/// The status of a Rollout in one line, and whether it is worth waiting on.
struct State {
  std::string phase;
  std::string text;
  bool seen = false;
  bool invalid_spec = false;
};

State state_of(const RolloutRead& read) {
  const crds::RolloutStatus& status = read.rollout.status;
  if (!read.observed()) return {.phase = "Progressing", .text = "Progressing"};
  const std::string& message = status.message;
  const std::string phase(crds::to_string(status.phase));
  return {.phase = phase,
          .text = message.empty() ? phase : phase + " - " + message,
          .seen = true,
          .invalid_spec = message.starts_with("InvalidSpec")};
}

bool is_over(const StatusOptions& options, Duration waited) {
  return options.timeout != Duration::zero() && waited >= options.timeout;
}

/// The exit code once nothing is left to wait for.
std::optional<int> verdict(const State& state, const StatusOptions& options, Duration waited) {
  const bool may_heal = !options.no_watch && state.invalid_spec && waited < kHealPatience;
  if (state.phase == "Degraded" && !may_heal) return kExitFailed;
  if (state.phase == "Healthy" || options.no_watch) return kExitOk;
  if (!is_over(options, waited)) return std::nullopt;
  return report(timeout(fmt::format("rollout \"{}\" is still {} after {}", options.name,
                                    state.phase, format_duration(options.timeout))));
}

/// Says each state once and returns when the Rollout has come to rest.
kube::Awaitable<int> wait_for_status(Session& session, StatusOptions options) {
  const SteadyTime started = session.clock.steady_now();
  Patience patience(session.clock);
  std::string said;
  bool warned = false;
  while (true) {
    const auto read = co_await read_rollout(session, options.name);
    const Duration waited = session.clock.steady_now() - started;
    if (read) {
      patience.answered();
      const State state = state_of(*read);
      if (state.text != said && !print(state.text + "\n")) co_return kExitFailed;
      said = state.text;
      if (const auto code = verdict(state, options, waited)) co_return *code;
      if (!state.seen && !warned && waited > kUnseenMax) {
        warn("no controller has seen this spec yet: is one running?");
        warned = true;
      }
    } else if (is_over(options, waited) || !patience.bears(read.error())) {
      co_return report(read.error());
    }
    co_await net::sleep_for(session.clock, kRefresh);
  }
}

void add_get(CLI::App& app, Program& program) {
  CLI::App* get = app.add_subcommand("get", "Show one rollout with all that belongs to it");
  get->require_subcommand(1);
  CLI::App* rollout = get->add_subcommand(
      "rollout", "A rollout: header, and the tree of revisions, ReplicaSets, pods and analyses");
  rollout->alias("ro");
  const auto options = std::make_shared<GetOptions>();
  add_name(*rollout, options->name);
  rollout->add_flag("-w,--watch", options->watch, "Go on showing changes until Ctrl-C");
  add_json_output(*rollout, options->output, "One object; with -w one a line");
  add_examples(*rollout, "  sluice get rollout shop -w\n  sluice get rollout shop -o json");
  rollout->callback([&program, options] {
    program.run = [&program, options] {
      return run_in_session(program.globals,
                            [options](Session& s) { return get_rollout(s, *options); });
    };
  });
}

void add_list(CLI::App& app, Program& program) {
  CLI::App* list = app.add_subcommand("list", "All rollouts of a namespace, a line each");
  const auto options = std::make_shared<ListOptions>();
  list->add_option("KIND", options->kind, "rollouts, which may be left out")
      ->check(CLI::IsMember({"rollouts", "rollout", "ro"}).description(""))
      ->type_name("");
  list->add_flag("-A,--all-namespaces", options->all_namespaces, "Of all namespaces");
  add_json_output(*list, options->output, "A list of objects");
  add_examples(*list, "  sluice list\n  sluice list -A -o json");
  list->callback([&program, options] {
    program.run = [&program, options] {
      return run_in_session(program.globals,
                            [options](Session& s) { return list_rollouts(s, *options); });
    };
  });
}

void add_status(CLI::App& app, Program& program) {
  CLI::App* status =
      app.add_subcommand("status", "Wait until a rollout is Healthy, saying each state once");
  const auto options = std::make_shared<StatusOptions>();
  add_name(*status, options->name);
  CLI::Option* watch = status->add_flag("-w,--watch", options->watch, "Wait; the default");
  status->add_flag("--no-watch", options->no_watch, "Say the state now and end")->excludes(watch);
  add_timeout(*status, options->timeout, "Give up after this long; 0: never");
  add_examples(*status,
               "  sluice status shop --timeout 10m\n"
               "Exit code 0: Healthy; 1: Degraded; 3: neither in time.");
  status->callback([&program, options] {
    program.run = [&program, options] {
      return run_in_session(program.globals,
                            [options](Session& s) { return wait_for_status(s, *options); });
    };
  });
}

}  // namespace

void add_get_commands(CLI::App& app, Program& program) {
  add_get(app, program);
  add_list(app, program);
  add_status(app, program);
}

}  // namespace sluice::cli
