#include "cli/adapters.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/input.h"
#include "cli/lint_checks.h"
#include "crds/lint.h"
#include "net/event_loop.h"
#include "net/http_client.h"

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
  std::string output;
};

Result<std::vector<crds::LintSource>> read_sources(const std::vector<std::string>& paths) {
  std::vector<crds::LintSource> sources;
  for (const std::string& path : paths) {
    const auto files = find_manifests(path);
    if (!files) return fail(files.error());
    for (const std::string& file : *files) {
      auto text = read_input(file);
      if (!text) return fail(text.error());
      sources.push_back({file, *std::move(text)});
    }
  }
  return sources;
}

void show(const std::vector<crds::Finding>& findings, bool as_json) {
  std::string text;
  if (as_json)
    text = dump_json(crds::encode_findings(findings)) + "\n";
  else
    for (const crds::Finding& finding : findings) text += finding.text() + "\n";
  print(text);
}

int lint(const LintOptions& options) {
  const auto sources = read_sources(options.paths);
  if (!sources) return report(sources.error());
  net::EventLoop loop;
  auto http = net::make_http_client(loop.executor(), {});
  if (!http) return report(http.error());
  const analysis::ProviderRegistry providers = builtin_providers(**http, "");
  const auto findings = crds::lint(*sources, lint_checks(providers));
  show(findings, options.output == "json");
  const bool bad = std::any_of(findings.begin(), findings.end(), [](const crds::Finding& finding) {
    return finding.severity == crds::Severity::Error;
  });
  return bad ? kExitFailed : kExitOk;
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
  add_json_output(*command, options->output, "A list of findings");
  add_examples(*command,
               "  sluice lint -f deploy/\n"
               "  kustomize build deploy | sluice lint -f -\n"
               "Exit code 0: clean, or warnings only; 1: something would be refused or not run.");
  command->callback([&program, options] { program.run = [options] { return lint(*options); }; });
}

}  // namespace sluice::cli
