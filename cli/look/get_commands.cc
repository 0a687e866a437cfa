#include "base/yaml.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/look/get_options.h"
#include "cli/look/lease_words.h"
#include "cli/look/object_watch.h"
#include "cli/look/rollout_info.h"
#include "cli/look/rollout_state.h"
#include "cli/look/rollout_tree.h"
#include "cli/look/watch_view.h"
#include "cli/rollout_access.h"
#include "crds/names.h"
#include "net/sleep.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

/// How often the status of a Rollout that is waited for is looked at.
constexpr Duration kRefresh = std::chrono::milliseconds(200);
/// After this long a spec that no controller has seen is worth a word.
constexpr Duration kUnseenMax = std::chrono::seconds(10);
/// How long a spec that refers to what is not there may take to heal: manifests are applied one by
/// one, a Rollout often before its Services.
constexpr Duration kHealPatience = std::chrono::seconds(5);

/// The Rollout as a person or a program wants it.
std::string text_of(const RolloutInfo& info, const GetOptions& options, const Session& session,
                    bool paints) {
  const SystemTime now = session.clock.system_now();
  if (options.output == "json") return dump_json(encode_rollout_info(info, now)) + "\n";
  if (options.output == "yaml") return write_yaml(encode_rollout_info(info, now));
  if (options.output == "name") return "rollout.argoproj.io/" + info.rollout.meta.name + "\n";
  std::string text = render_rollout(info, now, {.color = session.color});
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  if (!paints || lines <= window_size().rows) return text;
  return render_rollout(info, now, {.color = session.color, .compact = true});
}

/// What the Leases say, kept up to date from when it is first wanted.
class LeaseNews {
 public:
  explicit LeaseNews(Session& session) : session_(session) {}

  /// "" until the first answer, and where they say nothing of the Rollout.
  std::string about(const crds::Rollout& rollout) {
    if (!leases_matter(rollout, session_.clock.system_now())) return "";
    if (!words_) {
      words_ = std::make_shared<std::string>();
      session_.beside.spawn("ask for Leases", keep(words_, &session_.store, &session_.clock));
    }
    return *words_;
  }

 private:
  static constexpr Duration kInterval = std::chrono::seconds(5);

  static kube::Awaitable<void> keep(std::shared_ptr<std::string> words, kube::ObjectStore* store,
                                    Clock* clock) {
    while (true) {
      *words = co_await ask_leases(*store, clock->system_now());
      co_await net::sleep_for(*clock, kInterval);
    }
  }

  Session& session_;
  std::shared_ptr<std::string> words_;
};

/// Shows the Rollout as it is; an exit code where that is the end of it.
std::optional<int> show(RolloutInfo info, const GetOptions& options, const Session& session,
                        WatchView& view) {
  const std::string text = text_of(info, options, session, view.paints());
  const bool read =
      view.show(text, dump_json(encode_rollout_info(info, session.clock.system_now())));
  return read ? std::nullopt : std::optional(kExitFailed);
}

kube::Awaitable<int> get_rollout(Session& session, std::string name, GetOptions options,
                                 WatchView& view) {
  const auto objects = co_await read_whole_rollout(session, session.key(name));
  if (!objects) co_return report(objects.error());
  RolloutInfo info = make_rollout_info(*objects);
  const SystemTime now = session.clock.system_now();
  if (leases_matter(info.rollout, now)) info.leases = co_await ask_leases(session.store, now);
  co_return show(std::move(info), options, session, view).value_or(kExitOk);
}

/// The Rollout, then all that may belong to it.
std::vector<kube::WatchCache::Options> kinds_of(const kube::Object& rollout) {
  std::vector<kube::WatchCache::Options> kinds = {
      {.resource = *kube::find_resource(crds::kGroup, crds::kRollout),
       .namespace_ = rollout.meta.namespace_,
       .field_selector = "metadata.name=" + rollout.meta.name}};
  for (const ListedKind& kind : kinds_around(rollout)) {
    kinds.push_back({.resource = kind.resource,
                     .namespace_ = kind.where.namespace_,
                     .label_selector = kind.where.label_selector});
  }
  return kinds;
}

kube::Awaitable<int> follow_rollout(Session& session, std::string name, GetOptions options,
                                    WatchView& view) {
  const auto found = co_await read_rollout(session, name);
  if (!found) co_return report(found.error());
  const Following whole{.of = kinds_of(found->object), .limit = options.limit()};
  LeaseNews leases(session);
  co_return co_await follow_objects(
      session, whole, [&](const ObjectsByKind& kinds) -> std::optional<int> {
        if (kinds.front().empty())
          return report(not_found(fmt::format("rollout \"{}\" was deleted", name)));
        RolloutInfo info = make_rollout_info(
            make_rollout_objects(kinds[0].front(), {kinds.begin() + 1, kinds.end()}));
        info.leases = leases.about(info.rollout);
        return show(std::move(info), options, session, view);
      });
}

kube::Awaitable<int> get_rollouts(Session& session, GetOptions options, WatchView& view) {
  if (options.watch) co_return co_await follow_rollout(session, options.names[0], options, view);
  int worst = kExitOk;
  for (size_t i = 0; i < options.names.size(); ++i) {
    if (i > 0) print(separator_of(options.output));
    const int code = co_await get_rollout(session, options.names[i], options, view);
    worst = std::max(worst, code);
  }
  co_return worst;
}

int run_get(const GlobalOptions& globals, const GetOptions& options) {
  if (const std::string problem = problem_of(options); !problem.empty())
    return report_usage(problem);
  // Outlives the session: whatever ends that, the terminal is restored.
  WatchView view(options.watch, options.output);
  return run_in_session(globals,
                        [&options, &view](Session& s) { return get_rollouts(s, options, view); });
}

struct StatusOptions {
  std::string name;
  bool watch = false;  ///< Accepted: waiting is the default.
  bool no_watch = false;
  Duration timeout{};  ///< 0: for ever.
};

/// What is said while a controller may merely not have got to the newest spec yet.
constexpr const char* kUnseen = "Progressing";

std::string text_of(const crds::Rollout& rollout, const StatusOptions& options, Duration waited,
                    SystemTime now) {
  const bool patient = !options.no_watch && waited < kUnseenMax;
  if (patient && !speaks_of_newest(rollout)) return kUnseen;
  return state_text(rollout, now);
}

bool is_over(const StatusOptions& options, Duration waited) {
  return options.timeout != Duration::zero() && waited >= options.timeout;
}

/// The exit code once nothing is left to wait for.
std::optional<int> verdict(const crds::Rollout& rollout, const StatusOptions& options,
                           Duration waited) {
  const crds::RolloutPhase phase = phase_of(rollout);
  const bool invalid_spec = rollout.status.message.starts_with("InvalidSpec");
  const bool may_heal = !options.no_watch && invalid_spec && waited < kHealPatience;
  if (phase == crds::RolloutPhase::Degraded && !may_heal) return kExitFailed;
  if (phase == crds::RolloutPhase::Healthy || options.no_watch) return kExitOk;
  if (!is_over(options, waited)) return std::nullopt;
  return report(timeout(fmt::format("rollout \"{}\" is still {} after {}", options.name,
                                    crds::to_string(phase), format_duration(options.timeout))));
}

/// Says each state once and returns when the Rollout has come to rest.
kube::Awaitable<int> wait_for_status(Session& session, StatusOptions options) {
  const SteadyTime started = session.clock.steady_now();
  Patience patience(session.clock);
  std::string said;
  std::string leases;
  while (true) {
    const auto read = co_await read_rollout(session, options.name);
    const Duration waited = session.clock.steady_now() - started;
    if (read) {
      patience.answered();
      std::string text = text_of(read->rollout, options, waited, session.clock.system_now());
      if (!leases_matter(read->rollout, session.clock.system_now())) {
        leases.clear();
      } else if (text != kUnseen) {
        // Once: what they say changes with each renewal.
        if (leases.empty()) leases = co_await ask_leases(session.store, session.clock.system_now());
        if (!leases.empty()) text += "\n  Leases: " + leases;
      }
      if (text != said && !print(text + "\n")) co_return kExitFailed;
      said = text;
      if (const auto code = verdict(read->rollout, options, waited)) co_return *code;
    } else if (is_over(options, waited) || !patience.bears(read.error())) {
      co_return report(read.error());
    }
    co_await net::sleep_for(session.clock, kRefresh);
  }
}

void add_get(CLI::App& app, Program& program) {
  CLI::App* get = app.add_subcommand("get", "Show a rollout, an analysis run or an experiment");
  get->require_subcommand(1);
  CLI::App* rollout = get->add_subcommand(
      "rollout", "A rollout: header, and the tree of revisions, ReplicaSets, pods and analyses");
  const auto options = std::make_shared<GetOptions>();
  add_get_options(*rollout, *options, "The rollout");
  add_examples(*rollout,
               "  sluice get rollout shop -w\n"
               "  sluice get rollout shop -o json");
  rollout->callback([&program, options] {
    program.run = [&program, options] { return run_get(program.globals, *options); };
  });
  add_get_object_commands(*get, program);
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
  add_status(app, program);
}

}  // namespace sluice::cli
