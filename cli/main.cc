#include "cli/commands.h"

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
  CLI::App app{
      "Sluice: progressive delivery. It opens traffic to a new revision a notch at a time, keeps "
      "asking whether it is healthy, and puts everything back the moment the evidence says no.",
      "sluice"};
  app.require_subcommand(1);
  app.fallthrough();
  sluice::cli::Program program;
  app.add_option("--kubeconfig", program.globals.login.kubeconfig, "Path of the kubeconfig file");
  app.add_option("--context", program.globals.login.context, "Its context to use");
  app.add_option("-n,--namespace", program.globals.login.namespace_, "The namespace");
  app.add_flag("--no-color", program.globals.no_color, "Plain text");
  sluice::cli::add_get_commands(app, program);
  sluice::cli::add_action_commands(app, program);
  sluice::cli::add_lint_command(app, program);
  sluice::cli::add_analysis_command(app, program);
  sluice::cli::add_controller_command(app, program);
  sluice::cli::add_local_command(app, program);
  sluice::cli::add_about_commands(app, program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? sluice::cli::kExitOk : sluice::cli::kExitUsage;
  }
  return program.run();
}
