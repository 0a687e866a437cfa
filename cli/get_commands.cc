#include "cli/commands.h"
#include "cli/rollout_info.h"
#include "cli/rollout_tree.h"
#include "cli/text_table.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "net/sleep.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace sluice::cli {
namespace {

/// How often a watched Rollout is looked at; the screen is painted anew only when it changed.
constexpr Duration kRefresh = std::chrono::milliseconds(200);
/// How long a spec that refers to what is not there may take to heal: manifests are applied one by
/// one, a Rollout often before its Services.
constexpr Duration kHealPatience = std::chrono::seconds(5);
constexpr const char* kClearScreen = "\x1b[H\x1b[2J";

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

struct GetOptions {
  std::string name;
  std::string output;
  bool watch = false;
};

std::string render(const RolloutInfo& info, const GetOptions& options, const Session& session) {
  if (options.output == "json") return dump_json(encode_rollout_info(info)) + "\n";
  return render_rollout(info, session.clock.system_now(), {.color = session.color});
}

kube::Awaitable<int> get_rollout(Session& session, GetOptions options) {
  const bool repaint = options.watch && options.output != "json";
  std::string shown;
  while (true) {
    auto objects = co_await read_rollout_objects(session.store, session.key(options.name));
    if (!objects) co_return report(objects.error());
    const RolloutInfo info = make_rollout_info(*objects);
    const std::string text = render(info, options, session);
    if (text != shown) print((repaint ? kClearScreen : "") + text);
    shown = text;
    if (!options.watch) co_return kExitOk;
    co_await net::sleep_for(session.clock, kRefresh);
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
  const size_t steps = rollout.spec.canary ? rollout.spec.canary->steps.size() : 0;
  std::vector<std::string> row;
  if (with_namespace) row.push_back(rollout.meta.namespace_);
  row.push_back(rollout.meta.name);
  row.push_back(rollout.spec.blue_green ? "BlueGreen" : "Canary");
  row.push_back(status.phase);
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
          {"status", status.phase},
          {"message", status.message},
          {"step", status.current_step_index.value_or(0)},
          {"setWeight", set_weight_of(rollout)},
          {"desired", rollout.spec.replicas.value_or(1)},
          {"available", status.available_replicas}};
}

kube::Awaitable<int> list_rollouts(Session& session, ListOptions options) {
  const kube::ListOptions where{.namespace_ = options.all_namespaces ? "" : session.namespace_};
  const auto list =
      co_await session.store.list(*kube::find_resource(crds::kGroup, crds::kRollout), where);
  if (!list) co_return report(list.error());
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
  print(options.output == "json" ? dump_json(items) + "\n" : table.render());
  co_return kExitOk;
}

struct StatusOptions {
  std::string name;
  bool watch = true;
  std::string timeout = "0";
};

/// Says each state once and returns when the Rollout has come to rest.
kube::Awaitable<int> wait_for_status(Session& session, StatusOptions options) {
  const auto limit = parse_duration(options.timeout);
  if (!limit) co_return report(limit.error());
  const SteadyTime started = session.clock.steady_now();
  std::string said;
  while (true) {
    const auto object = co_await session.store.get(
        *kube::find_resource(crds::kGroup, crds::kRollout), session.key(options.name));
    if (!object) co_return report(object.error());
    const auto document = object->parse();
    if (!document) co_return report(document.error());
    const crds::Rollout rollout = crds::decode_rollout(*document).value;
    const bool seen = rollout.status.observed_generation == std::to_string(rollout.meta.generation);
    const std::string phase = seen ? rollout.status.phase : "Progressing";
    const std::string text =
        rollout.status.message.empty() || !seen ? phase : phase + " - " + rollout.status.message;
    if (text != said) print(text + "\n");
    said = text;
    const Duration waited = session.clock.steady_now() - started;
    const bool may_heal = options.watch && waited < kHealPatience &&
                          rollout.status.message.starts_with("InvalidSpec");
    if (phase == "Degraded" && !may_heal) co_return kExitFailed;
    if (phase == "Healthy" || !options.watch) co_return kExitOk;
    if (*limit > Duration::zero() && waited >= *limit) {
      co_return report(timeout(fmt::format("rollout \"{}\" is still {} after {}", options.name,
                                           phase, options.timeout)));
    }
    co_await net::sleep_for(session.clock, kRefresh);
  }
}

}  // namespace

void add_get_commands(CLI::App& app, Program& program) {
  CLI::App* get = app.add_subcommand("get", "Show one object with all that belongs to it");
  get->require_subcommand(1);
  CLI::App* rollout =
      get->add_subcommand("rollout", "A rollout: header, revisions, pods, analyses");
  rollout->alias("ro");
  auto options = std::make_shared<GetOptions>();
  rollout->add_option("NAME", options->name, "The rollout")->required();
  rollout->add_flag("-w,--watch", options->watch, "Go on showing changes");
  rollout->add_option("-o,--output", options->output, "json: one object (a line each with -w)")
      ->check(CLI::IsMember({"json"}));
  rollout->callback([&program, options] {
    program.run = [&program, options] {
      return run_in_session(program.globals,
                            [options](Session& s) { return get_rollout(s, *options); });
    };
  });

  CLI::App* list = app.add_subcommand("list", "All rollouts of a namespace, a line each");
  auto list_options = std::make_shared<ListOptions>();
  list->add_option("KIND", list_options->kind, "rollouts")
      ->check(CLI::IsMember({"rollouts", "rollout", "ro"}));
  list->add_flag("-A,--all-namespaces", list_options->all_namespaces, "Of all namespaces");
  list->add_option("-o,--output", list_options->output, "json")->check(CLI::IsMember({"json"}));
  list->callback([&program, list_options] {
    program.run = [&program, list_options] {
      return run_in_session(program.globals,
                            [list_options](Session& s) { return list_rollouts(s, *list_options); });
    };
  });

  CLI::App* status = app.add_subcommand(
      "status", "Wait until a rollout is Healthy; exit code 1 when it is Degraded, 3 on time-out");
  auto status_options = std::make_shared<StatusOptions>();
  status->add_option("NAME", status_options->name, "The rollout")->required();
  status->add_flag("-w,--watch,!--no-watch", status_options->watch, "Wait (the default)");
  status->add_option("-t,--timeout", status_options->timeout, "Give up after this long; 0: never");
  status->callback([&program, status_options] {
    program.run = [&program, status_options] {
      return run_in_session(program.globals, [status_options](Session& s) {
        return wait_for_status(s, *status_options);
      });
    };
  });
}

}  // namespace sluice::cli
