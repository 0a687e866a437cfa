#include "base/yaml.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/look/object_list.h"
#include "cli/look/object_watch.h"
#include "cli/look/watch_view.h"
#include "cli/rollout_access.h"
#include "crds/names.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

struct ListOptions {
  std::string kind = "rollout";
  bool all_namespaces = false;
  bool watch = false;
  std::string output;

  ListStyle style() const { return {kind, all_namespaces, output == "wide"}; }
};

std::string text_of(const Listing& listing, const ListOptions& options) {
  if (options.output == "json") return dump_json(listing.items) + "\n";
  if (options.output == "yaml") return write_yaml(listing.items);
  if (options.output == "name") return listing.names;
  std::string text = listing.table.render();
  for (const std::string& freeze : listing.freezes) text += freeze + "\n";
  return text;
}

std::string_view kind_name(const ListOptions& options) {
  if (options.kind == "experiment") return crds::kExperiment;
  return options.kind == "analysisrun" ? crds::kAnalysisRun : crds::kRollout;
}

/// Shows the list as it is; an exit code where that is the end of it.
std::optional<int> show(const std::vector<kube::Object>& objects, const ListOptions& options,
                        SystemTime now, WatchView& view) {
  const auto listing = make_listing(objects, options.style(), now);
  if (!listing) return report(listing.error());
  const bool read = view.show(text_of(*listing, options), dump_json(listing->items));
  return read ? std::nullopt : std::optional(kExitFailed);
}

void note_empty(const ListOptions& options, const Session& session) {
  note(options.all_namespaces
           ? fmt::format("no {}s", options.kind)
           : fmt::format("no {}s in namespace \"{}\"", options.kind, session.namespace_));
}

kube::Awaitable<int> list_once(Session& session, ListOptions options, WatchView& view) {
  const kube::Resource resource = *kube::find_resource(crds::kGroup, kind_name(options));
  const kube::ListOptions where{.namespace_ = options.all_namespaces ? "" : session.namespace_};
  const auto list = co_await session.store.list(resource, where);
  if (!list) {
    const Error error = co_await explain_not_found(session, resource, "", list.error());
    co_return report(error);
  }
  if (list->items.empty() && is_for_people(options.output)) {
    note_empty(options, session);
    co_return kExitOk;
  }
  co_return show(list->items, options, session.clock.system_now(), view).value_or(kExitOk);
}

kube::Awaitable<int> list_objects(Session& session, ListOptions options, WatchView& view) {
  if (!options.watch) co_return co_await list_once(session, options, view);
  const Following all{.of = {{.resource = *kube::find_resource(crds::kGroup, kind_name(options)),
                              .namespace_ = options.all_namespaces ? "" : session.namespace_}}};
  co_return co_await follow_objects(session, all, [&](const ObjectsByKind& objects) {
    return show(objects.front(), options, session.clock.system_now(), view);
  });
}

int run_list(const GlobalOptions& globals, const ListOptions& options) {
  WatchView view(options.watch, options.output);
  return run_in_session(globals,
                        [&options, &view](Session& s) { return list_objects(s, options, view); });
}

}  // namespace

void add_list_command(CLI::App& app, Program& program) {
  CLI::App* list = app.add_subcommand("list", "All rollouts of a namespace, a line each");
  const auto options = std::make_shared<ListOptions>();
  list->add_option("KIND", options->kind,
                   "rollouts (which may be left out), analysisruns or experiments")
      ->check(CLI::IsMember({"rollout", "analysisrun", "experiment"}).description(""))
      ->type_name("");
  list->add_flag("-A,--all-namespaces", options->all_namespaces, "Of all namespaces");
  list->add_flag("-w,--watch", options->watch, "Go on showing changes until Ctrl-C");
  add_output(*list, options->output, "A list of objects, or more columns");
  add_examples(*list,
               "  sluice list\n"
               "  sluice list -w\n"
               "  sluice list analysisruns -A -o json");
  list->callback([&program, options] {
    program.run = [&program, options] { return run_list(program.globals, *options); };
  });
}

}  // namespace sluice::cli
