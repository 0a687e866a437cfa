#include "base/yaml.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/rollout_access.h"
#include "cli/rollout_info.h"
#include "cli/text_table.h"
#include "cli/watch_view.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "net/sleep.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

/// How often a watched list is read.
constexpr Duration kReread = std::chrono::milliseconds(500);

struct ListOptions {
  std::string kind = "rollout";
  bool all_namespaces = false;
  bool watch = false;
  std::string output;

  bool wide() const { return output == "wide"; }
};

using Row = std::vector<std::string>;

/// Fits 80 columns with names of 20 letters; "wide" has no such bound.
Row rollout_head(const ListOptions& options) {
  Row head = {"NAME", "STRATEGY", "STATUS", "STEP", "WEIGHT", "READY", "AGE"};
  if (options.wide()) head.insert(head.end(), {"DESIRED", "UP-TO-DATE", "AVAILABLE", "MESSAGE"});
  return head;
}

Row rollout_row(const Json& document, const ListOptions& options, SystemTime now) {
  const crds::Rollout rollout = crds::decode_rollout(document).value;
  const crds::RolloutStatus& status = rollout.status;
  const size_t steps = rollout.spec.canary() ? rollout.spec.canary()->steps.size() : 0;
  Row row = {rollout.meta.name,
             rollout.spec.blue_green() ? "BlueGreen" : "Canary",
             std::string(crds::to_string(status.phase)),
             steps == 0 ? "-" : fmt::format("{}/{}", status.current_step_index.value_or(0), steps),
             std::to_string(set_weight_of(rollout)),
             fmt::format("{}/{}", status.ready_replicas, status.replicas),
             format_age(now - rollout.meta.creation_timestamp)};
  if (options.wide()) {
    row.push_back(std::to_string(rollout.spec.replicas.value_or(1)));
    row.push_back(std::to_string(status.updated_replicas));
    row.push_back(std::to_string(status.available_replicas));
    row.push_back(status.message);
  }
  return row;
}

Json rollout_item(const Json& document) {
  const crds::Rollout rollout = crds::decode_rollout(document).value;
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

Row run_row(const kube::Object& object, const Json& document, SystemTime now) {
  return {object.meta.name, string_at(document, "status.phase"),
          format_age(now - object.meta.creation_timestamp), string_at(document, "status.message")};
}

Json run_item(const kube::Object& object, const Json& document) {
  return {{"name", object.meta.name},
          {"namespace", object.meta.namespace_},
          {"status", string_at(document, "status.phase")},
          {"message", string_at(document, "status.message")}};
}

/// What a list shows, for people and for programs.
struct Listing {
  TextTable table;
  Json items = Json::array();
  std::string names;
};

Result<Listing> make_listing(const kube::ObjectList& list, const ListOptions& options,
                             SystemTime now) {
  const bool rollouts = options.kind == "rollout";
  Listing listing;
  Row head = rollouts ? rollout_head(options) : Row{"NAME", "STATUS", "AGE", "MESSAGE"};
  if (options.all_namespaces) head.insert(head.begin(), "NAMESPACE");
  listing.table.add(std::move(head));
  for (const kube::Object& object : list.items) {
    const auto document = object.parse();
    if (!document) return fail(document.error());
    Row row = rollouts ? rollout_row(*document, options, now) : run_row(object, *document, now);
    if (options.all_namespaces) row.insert(row.begin(), object.meta.namespace_);
    listing.table.add(std::move(row));
    listing.items.push_back(rollouts ? rollout_item(*document) : run_item(object, *document));
    listing.names += fmt::format("{}.argoproj.io/{}\n", options.kind, object.meta.name);
  }
  return listing;
}

std::string text_of(const Listing& listing, const ListOptions& options) {
  if (options.output == "json") return dump_json(listing.items) + "\n";
  if (options.output == "yaml") return write_yaml(listing.items);
  if (options.output == "name") return listing.names;
  return listing.table.render();
}

std::string_view kind_name(const ListOptions& options) {
  if (options.kind == "experiment") return crds::kExperiment;
  return options.kind == "analysisrun" ? crds::kAnalysisRun : crds::kRollout;
}

kube::Awaitable<int> list_objects(Session& session, ListOptions options, WatchView& view) {
  const kube::ListOptions where{.namespace_ = options.all_namespaces ? "" : session.namespace_};
  Patience patience(session.clock);
  while (true) {
    const auto list =
        co_await session.store.list(*kube::find_resource(crds::kGroup, kind_name(options)), where);
    if (!list && !patience.bears(list.error())) {
      Error error = co_await explain_not_found(session, "", list.error());
      co_return report(error);
    }
    if (list) {
      patience.answered();
      const auto listing = make_listing(*list, options, session.clock.system_now());
      if (!listing) co_return report(listing.error());
      if (!options.watch && list->items.empty() && is_for_people(options.output)) {
        note(options.all_namespaces
                 ? fmt::format("no {}s", options.kind)
                 : fmt::format("no {}s in namespace \"{}\"", options.kind, session.namespace_));
        co_return kExitOk;
      }
      const std::string text = text_of(*listing, options);
      if (!view.show(text, dump_json(listing->items))) co_return kExitFailed;
    }
    if (!options.watch) co_return kExitOk;
    co_await net::sleep_for(session.clock, kReread);
  }
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
