// In the place of local_command.cc where the program is built without the local cluster.

#include "cli/commands.h"
#include "cli/output.h"

#include <CLI/CLI.hpp>

namespace sluice::cli {

void add_local_command(CLI::App& app, Program& program) {
  CLI::App* command = app.add_subcommand("local", "Not in this build: the cluster in one process");
  command->allow_extras();
  command->callback([&program] {
    program.run = [] {
      return report(invalid("this program was built without the local cluster (SLUICE_LOCAL=OFF)"));
    };
  });
}

}  // namespace sluice::cli
