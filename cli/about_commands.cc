#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/flags.h"
#include "cli/version.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <memory>
#include <string>

namespace sluice::cli {

void add_about_commands(CLI::App& app, Program& program) {
  CLI::App* version = app.add_subcommand("version", "Say which version this is");
  const auto as_json = std::make_shared<std::string>();
  add_json_output(*version, *as_json, "{\"version\": …}");
  version->callback([&program, as_json] {
    program.run = [as_json] {
      print(*as_json == "json" ? fmt::format("{{\"version\":\"{}\"}}\n", kVersion)
                               : fmt::format("sluice {}\n", kVersion));
      return kExitOk;
    };
  });

  CLI::App* completion = app.add_subcommand("completion", "Print a shell's completion script");
  const auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
      ->type_name("");
  add_examples(*completion,
               "  source <(sluice completion bash)\n"
               "  source <(sluice completion zsh)\n"
               "  sluice completion fish | source");
  completion->callback([&app, &program, shell] {
    program.run = [&app, shell] {
      print(completion_script(app, *shell));
      return kExitOk;
    };
  });
}

}  // namespace sluice::cli
