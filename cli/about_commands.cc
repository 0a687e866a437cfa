#include "cli/commands.h"
#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/version.h"
#include <cstdio>

namespace sluice::cli {

void add_about_commands(CLI::App& app, Program& program) {
  CLI::App* version = app.add_subcommand("version", "Say which version this is");
  const auto as_json = std::make_shared<std::string>();
  version->add_option("-o,--output", *as_json, "json")->check(CLI::IsMember({"json"}));
  version->callback([&program, as_json] {
    program.run = [as_json] {
      const std::string text = *as_json == "json"
                                   ? fmt::format("{{\"version\":\"{}\"}}\n", kVersion)
                                   : fmt::format("sluice {}\n", kVersion);
      std::fputs(text.c_str(), stdout);
      return kExitOk;
    };
  });

  CLI::App* completion = app.add_subcommand("completion", "Print a shell's completion script");
  const auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&app, &program, shell] {
    program.run = [&app, shell] {
      std::fputs(completion_script(app, *shell).c_str(), stdout);
      return kExitOk;
    };
  });
}

}  // namespace sluice::cli
