#include "cli/adapters.h"
#include "cli/commands.h"
#include "cli/lint_checks.h"
#include "crds/lint.h"
#include "net/event_loop.h"
#include "net/http_client.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace sluice::cli {
namespace {

namespace fs = std::filesystem;

struct LintOptions {
  std::vector<std::string> paths;
  std::string output;
};

Result<crds::LintSource> read_source(const std::string& path) {
  if (path == "-") {
    return crds::LintSource{path, std::string(std::istreambuf_iterator<char>(std::cin), {})};
  }
  std::ifstream file(path);
  if (!file) return fail(invalid(fmt::format("{}: cannot be read", path)));
  return crds::LintSource{path, std::string(std::istreambuf_iterator<char>(file), {})};
}

bool is_manifest(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml" || path.extension() == ".json";
}

/// The manifests that a path means: a file is itself, a folder all manifests below it, sorted.
Result<std::vector<std::string>> expand(const std::string& path) {
  std::error_code error;
  if (path == "-" || !fs::is_directory(path, error)) return std::vector{path};
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    if (entry.is_regular_file() && is_manifest(entry.path()))
      files.push_back(entry.path().string());
  }
  if (error) return fail(invalid(fmt::format("{}: {}", path, error.message())));
  std::sort(files.begin(), files.end());
  return files;
}

int lint(const LintOptions& options) {
  std::vector<crds::LintSource> sources;
  for (const std::string& path : options.paths) {
    const auto files = expand(path);
    if (!files) return report(files.error());
    for (const std::string& file : *files) {
      auto source = read_source(file);
      if (!source) return report(source.error());
      sources.push_back(*std::move(source));
    }
  }
  net::EventLoop loop;
  auto http = net::make_http_client(loop.executor(), {});
  if (!http) return report(http.error());
  const analysis::ProviderRegistry providers = builtin_providers(**http, "");
  const auto findings = crds::lint(sources, lint_checks(providers));
  if (options.output == "json") {
    fmt::print("{}\n", dump_json(crds::encode_findings(findings)));
  } else {
    for (const crds::Finding& finding : findings) fmt::print("{}\n", finding.text());
  }
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
  command->add_option("-f,--filename", options->paths, "File, folder, or - for standard input")
      ->required();
  command->add_option("-o,--output", options->output, "json")->check(CLI::IsMember({"json"}));
  command->callback([&program, options] { program.run = [options] { return lint(*options); }; });
}

}  // namespace sluice::cli
