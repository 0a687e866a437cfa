#include "cli/adapters.h"
#include "cli/check/lint_checks.h"
#include "cli/check/lint_cluster.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/input.h"
#include "cli/session.h"
#include "crds/lint.h"
#include "net/event_loop.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::cli {
namespace {

struct LintOptions {
  std::vector<std::string> paths;
  bool as_json = false;
  bool cluster = false;
};

Result<std::vector<crds::LintSource>> read_sources(const std::vector<std::string>& paths) {
  std::vector<crds::LintSource> sources;
  for (const std::string& path : paths) {
    const auto files = find_manifests(path);
    if (!files) return fail(files.error());
    for (const std::string& file : *files) {
      auto text = read_input(file);
      if (!text) return fail(text.error());
      sources.push_back({file, *std::move(text), file == path});
    }
  }
  return sources;
}

void show(const crds::LintReport& lint_report, bool as_json) {
  std::string text;
  if (as_json) {
    text = dump_json(crds::encode_findings(lint_report.findings));
  } else {
    for (const crds::Finding& finding : lint_report.findings) text += finding.text() + "\n";
    text += lint_report.summary();
  }
  print(text + "\n");
}

int judge(const LintOptions& options, const std::vector<Json>& around) {
  const auto sources = read_sources(options.paths);
  if (!sources) return report(sources.error());
  net::EventLoop loop;
  auto source = analysis::make_http_source(loop.executor());
  if (!source) return report(source.error());
  const analysis::ProviderRegistry providers =
      builtin_providers({.source = **source, .prometheus = {}});
  std::vector<const Json*> known;
  for (const Json& object : around) known.push_back(&object);
  const crds::LintReport found = crds::lint(*sources, lint_checks(providers), known);
  show(found, options.as_json);
  return found.count(crds::Severity::Error) > 0 ? kExitFailed : kExitOk;
}

kube::Awaitable<int> collect(Session& session, std::vector<Json>* around) {
  auto objects = co_await objects_around(session.store, session.namespace_);
  if (!objects) co_return report(objects.error());
  *around = *std::move(objects);
  co_return kExitOk;
}

int lint(const LintOptions& options, const GlobalOptions& globals) {
  std::vector<Json> around;
  if (options.cluster) {
    const int code =
        run_in_session(globals, [&around](Session& session) { return collect(session, &around); });
    if (code != kExitOk) return code;
  }
  return judge(options, around);
}

}  // namespace

void add_lint_command(CLI::App& app, Program& program) {
  CLI::App* command = app.add_subcommand(
      "lint", "Say what is wrong with manifests, with file and line; exit code 1 on findings");
  const auto options = std::make_shared<LintOptions>();
  command
      ->add_option("-f,--filename", options->paths,
                   "A file, a folder with all below it, or - for standard input; may be repeated")
      ->required()
      ->type_name("PATH");
  command->add_flag("--cluster", options->cluster,
                    "Judge references also by what the cluster has in the namespace");
  add_json_output(*command, options->as_json, "A list of findings");
  add_examples(*command,
               "  sluice lint -f deploy/\n"
               "  kustomize build deploy | sluice lint -f -\n"
               "Exit code 0: clean, or warnings only; 1: something would be refused or not run.");
  command->callback([&program, options] {
    program.run = [&program, options] { return lint(*options, program.globals); };
  });
}

}  // namespace sluice::cli
