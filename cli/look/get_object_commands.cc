#include "base/yaml.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/look/get_options.h"
#include "cli/look/object_watch.h"
#include "cli/look/run_view.h"
#include "cli/look/watch_view.h"
#include "cli/rollout_access.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sluice::cli {
namespace {

/// A kind of which one object is all that there is to show.
struct ShownKind {
  std::string word;  ///< As it is typed, and in names: "analysisrun".
  kube::Resource resource;
  std::string (*render)(const Json&, SystemTime now, RunStyle style);
  Json (*encode)(const Json&);
};

std::string render_run(const Json& document, SystemTime now, RunStyle style) {
  return render_analysis_run(crds::decode_analysis_run(document).value, now, style);
}

Json encode_run(const Json& document) {
  return encode_analysis_run_info(crds::decode_analysis_run(document).value);
}

ShownKind analysis_runs() {
  return {"analysisrun", *kube::find_resource(crds::kGroup, crds::kAnalysisRun), render_run,
          encode_run};
}

ShownKind experiments() {
  return {"experiment", *kube::find_resource(crds::kGroup, crds::kExperiment), render_experiment,
          encode_experiment_info};
}

std::string text_of(const ShownKind& kind, const Json& document, const GetOptions& options,
                    const Session& session) {
  if (options.output == "json") return dump_json(kind.encode(document)) + "\n";
  if (options.output == "yaml") return write_yaml(kind.encode(document));
  if (options.output == "name")
    return fmt::format("{}.{}/{}\n", kind.word, crds::kGroup, string_at(document, "metadata.name"));
  const RunStyle style{.tree = {.color = session.color}, .wide = options.output == "wide"};
  return kind.render(document, session.clock.system_now(), style);
}

/// Shows the object as it is; an exit code where that is the end of it.
std::optional<int> show(const ShownKind& kind, const kube::Object& object,
                        const GetOptions& options, const Session& session, WatchView& view) {
  const auto document = object.parse();
  if (!document) return report(document.error());
  const std::string text = text_of(kind, *document, options, session);
  const bool read = view.show(text, dump_json(kind.encode(*document)));
  return read ? std::nullopt : std::optional(kExitFailed);
}

kube::Awaitable<int> get_once(Session& session, ShownKind kind, std::string name,
                              GetOptions options, WatchView& view) {
  const auto object = co_await session.store.get(kind.resource, session.key(name));
  if (!object) {
    const Error error = co_await explain_not_found(session, kind.resource, name, object.error());
    co_return report(error);
  }
  co_return show(kind, *object, options, session, view).value_or(kExitOk);
}

/// Follows the one that is there; at its end that is said.
kube::Awaitable<int> follow(Session& session, ShownKind kind, GetOptions options, WatchView& view) {
  const std::string name = options.names.front();
  const auto found = co_await session.store.get(kind.resource, session.key(name));
  if (!found) {
    const Error error = co_await explain_not_found(session, kind.resource, name, found.error());
    co_return report(error);
  }
  const Following one{.of = {{.resource = kind.resource,
                              .namespace_ = session.namespace_,
                              .field_selector = "metadata.name=" + name}},
                      .limit = options.limit()};
  co_return co_await follow_objects(
      session, one, [&](const ObjectsByKind& objects) -> std::optional<int> {
        if (!objects.front().empty())
          return show(kind, objects.front().front(), options, session, view);
        return report(not_found(fmt::format("{} \"{}\" was deleted", kind.word, name)));
      });
}

kube::Awaitable<int> get_objects(Session& session, ShownKind kind, GetOptions options,
                                 WatchView& view) {
  if (options.watch) co_return co_await follow(session, kind, options, view);
  int worst = kExitOk;
  for (size_t i = 0; i < options.names.size(); ++i) {
    if (i > 0) print(separator_of(options.output));
    worst = std::max(worst, co_await get_once(session, kind, options.names[i], options, view));
  }
  co_return worst;
}

int run_get(const GlobalOptions& globals, const ShownKind& kind, const GetOptions& options) {
  if (const std::string problem = problem_of(options); !problem.empty())
    return report_usage(problem);
  WatchView view(options.watch, options.output);
  return run_in_session(globals, [&](Session& s) { return get_objects(s, kind, options, view); });
}

void add_kind(CLI::App& get, Program& program, ShownKind kind, const std::string& help,
              const std::string& what, const std::string& examples) {
  CLI::App* command = get.add_subcommand(kind.word, help);
  const auto options = std::make_shared<GetOptions>();
  add_get_options(*command, *options, what);
  add_examples(*command, examples);
  command->callback([&program, kind = std::move(kind), options] {
    program.run = [&program, kind, options] { return run_get(program.globals, kind, *options); };
  });
}

}  // namespace

void add_get_object_commands(CLI::App& get, Program& program) {
  add_kind(get, program, analysis_runs(),
           "An analysis run: each metric with its conditions and what was measured",
           "The analysis run",
           "  sluice get analysisrun shop-6d4f9c7b8-2-1\n"
           "  sluice get analysisrun shop-6d4f9c7b8-2-1 -w\n"
           "Exit code 0: it was shown, whatever its verdict is.");
  add_kind(get, program, experiments(),
           "An experiment, as far as the API knows it: Sluice runs none yet", "The experiment",
           "  sluice get experiment shop-6d4f9c7b8-2-1");
}

}  // namespace sluice::cli
