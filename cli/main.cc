#include "cli/commands.h"
#include "cli/version.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <exception>
#include <string>

namespace {

void add_globals(CLI::App& app, sluice::cli::GlobalOptions& globals) {
  app.set_version_flag("--version", fmt::format("sluice {}", sluice::kVersion));
  app.add_option("--kubeconfig", globals.login.kubeconfig,
                 "The kubeconfig file; else $KUBECONFIG, else ~/.kube/config")
      ->type_name("FILE");
  app.add_option("--context", globals.login.context, "A context of it; else its current one")
      ->type_name("NAME");
  app.add_option("-n,--namespace", globals.login.namespace_, "The namespace; else the context's")
      ->type_name("NAME");
  app.add_flag("--no-color", globals.no_color, "Plain text; so does the variable NO_COLOR");
}

/// An answer that nobody got is no success.
int with_output_checked(int code) {
  if (sluice::cli::print("") || code != sluice::cli::kExitOk) return code;
  return sluice::cli::report(sluice::unavailable("standard output cannot be written"));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Sluice: progressive delivery. It opens traffic to a new revision a notch at a time, keeps "
      "asking whether it is healthy, and puts everything back the moment the evidence says no.",
      "sluice"};
  app.require_subcommand(1);
  app.fallthrough();
  app.footer("`sluice COMMAND --help` says more of each. Documentation: docs/cli.md");
  sluice::cli::Program program;
  add_globals(app, program.globals);
  sluice::cli::add_get_commands(app, program);
  sluice::cli::add_action_commands(app, program);
  sluice::cli::add_rollback_command(app, program);
  sluice::cli::add_lint_command(app, program);
  sluice::cli::add_analysis_command(app, program);
  sluice::cli::add_controller_command(app, program);
  sluice::cli::add_local_command(app, program);
  sluice::cli::add_about_commands(app, program);
  try {
    app.parse(argc, argv);
    return with_output_checked(program.run());
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? sluice::cli::kExitOk : sluice::cli::kExitUsage;
  } catch (const std::exception& error) {
    return sluice::cli::report(sluice::internal(error.what()));
  }
}
