#include "base/time.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/spelling.h"
#include "cli/version.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace {

/// What the shells' completion scripts ask.
constexpr const char* kCompleteCommand = "__complete";

void add_request_timeout(CLI::App& app, sluice::cli::GlobalOptions& globals) {
  const auto read = [&globals](const std::string& text) {
    const auto duration = sluice::parse_duration(text);
    if (!duration) throw CLI::ValidationError("--request-timeout", duration.error().message);
    if (*duration < sluice::Duration::zero())
      throw CLI::ValidationError("--request-timeout", "\"" + text + "\" is negative");
    if (*duration > sluice::Duration::zero()) globals.login.request_timeout = *duration;
  };
  app.add_option_function<std::string>("--request-timeout", read,
                                       "How long each request may take; 0: the usual deadlines")
      ->type_name("DURATION");
}

void add_globals(CLI::App& app, sluice::cli::GlobalOptions& globals) {
  app.set_version_flag("--version", fmt::format("sluice {}", sluice::kVersion));
  app.add_option("--kubeconfig", globals.login.kubeconfig,
                 "The kubeconfig file; else $KUBECONFIG, else ~/.kube/config")
      ->type_name("FILE");
  app.add_option("--context", globals.login.context, "A context of it; else its current one")
      ->type_name("NAME");
  app.add_option("-n,--namespace", globals.login.namespace_, "The namespace; else the context's")
      ->type_name("NAME");
  app.add_option("--server", globals.login.server, "The API server; else the context's")
      ->type_name("URL");
  app.add_option("--token", globals.login.token, "A bearer token; else the context's user")
      ->type_name("TOKEN");
  app.add_option("--as", globals.login.impersonate, "Act as this user, if the server lets you")
      ->type_name("USER");
  app.add_option("--certificate-authority", globals.login.ca_file, "Whom to trust: PEM")
      ->type_name("FILE");
  app.add_flag("--insecure-skip-tls-verify", globals.login.insecure, "Trust any server");
  add_request_timeout(app, globals);
  app.add_flag("--no-color", globals.no_color, "Plain text; so does the variable NO_COLOR");
}

/// An answer that nobody got is no success.
int with_output_checked(int code) {
  if (sluice::cli::print("")) return code;
  return sluice::cli::report(sluice::unavailable("standard output cannot be written"));
}

/// "sluice", or "kubectl sluice" where kubectl has called its plugin.
std::string program_name(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return file == "kubectl-sluice" ? "kubectl sluice" : "sluice";
}

void add_commands(CLI::App& app, sluice::cli::Program& program) {
  add_globals(app, program.globals);
  sluice::cli::add_get_commands(app, program);
  sluice::cli::add_explain_command(app, program);
  sluice::cli::add_list_command(app, program);
  sluice::cli::add_action_commands(app, program);
  sluice::cli::add_freeze_commands(app, program);
  sluice::cli::add_rollback_command(app, program);
  sluice::cli::add_run_commands(app, program);
  sluice::cli::add_lint_command(app, program);
  sluice::cli::add_analysis_command(app, program);
  sluice::cli::add_controller_command(app, program);
  sluice::cli::add_local_command(app, program);
  sluice::cli::add_about_commands(app, program);
}

/// The one place that says what is wrong with a command line.
int refuse(const CLI::App& app, const std::string& message) {
  std::string command = app.get_name();
  const CLI::App* deepest = &app;
  while (!deepest->get_subcommands().empty()) {
    deepest = deepest->get_subcommands().front();
    command += " " + deepest->get_name();
  }
  return sluice::cli::report_usage(fmt::format("{} (`{} --help` says more)", message, command));
}

int parse_and_run(CLI::App& app, sluice::cli::Program& program, std::vector<std::string> words) {
  if (words.front() == kCompleteCommand) {
    words.erase(words.begin());
    return sluice::cli::print_completion(sluice::cli::complete(app, words));
  }
  auto own = sluice::cli::own_spelling(std::move(words), sluice::cli::vocabulary_of(app));
  if (!own) return refuse(app, own.error().message);
  // CLI11 takes words from the end.
  std::reverse(own->begin(), own->end());
  try {
    app.parse(*std::move(own));
    return with_output_checked(program.run());
  } catch (const CLI::Success& help) {
    app.exit(help);
    return sluice::cli::kExitOk;
  } catch (const CLI::ParseError& error) {
    return refuse(app, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Sluice: progressive delivery. It opens traffic to a new revision a notch at a time, keeps "
      "asking whether it is healthy, and puts everything back the moment the evidence says no.",
      program_name(argv[0])};
  app.require_subcommand(1);
  app.fallthrough();
  app.footer("`sluice COMMAND --help` says more of each. Documentation: docs/cli.md");
  sluice::cli::Program program;
  add_commands(app, program);
  try {
    std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty()) words.emplace_back("--help");
    return parse_and_run(app, program, std::move(words));
  } catch (const std::exception& error) {
    return sluice::cli::report(sluice::internal(error.what()));
  }
}
