#pragma once

// The subcommands. Each function adds its commands to the program; parsing chooses one, which sets
// `run` to what shall be done once all options are known.

#include "cli/session.h"

#include <functional>

namespace CLI {
class App;
}

namespace sluice::cli {

/// What parsing fills: the options that all commands share, and the chosen command.
struct Program {
  GlobalOptions globals;
  std::function<int()> run;
};

void add_get_commands(CLI::App& app, Program& program);         ///< get, status
void add_explain_command(CLI::App& app, Program& program);      ///< explain
void add_get_object_commands(CLI::App& get, Program& program);  ///< get analysisrun, get experiment
void add_list_command(CLI::App& app, Program& program);         ///< list
void add_run_commands(CLI::App& app, Program& program);         ///< terminate, create
void add_action_commands(CLI::App& app,
                         Program& program);  ///< promote, pause, abort, retry, set image, undo
void add_freeze_commands(CLI::App& app, Program& program);     ///< freeze, unfreeze
void add_rollback_command(CLI::App& app, Program& program);    ///< rollback
void add_lint_command(CLI::App& app, Program& program);        ///< lint
void add_analysis_command(CLI::App& app, Program& program);    ///< analysis query
void add_controller_command(CLI::App& app, Program& program);  ///< controller
void add_local_command(CLI::App& app, Program& program);       ///< local up
void add_about_commands(CLI::App& app, Program& program);      ///< version, completion

}  // namespace sluice::cli
