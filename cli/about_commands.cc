#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/flags.h"
#include "cli/version.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace sluice::cli {

namespace {

std::string version_text(const std::string& server, bool as_json) {
  if (as_json) {
    Json answer = {{"version", kVersion}};
    if (!server.empty()) answer["server"] = server;
    return dump_json(answer) + "\n";
  }
  const std::string own = fmt::format("sluice {}\n", kVersion);
  return server.empty() ? own : own + fmt::format("server {}\n", server);
}

}  // namespace

void add_about_commands(CLI::App& app, Program& program) {
  CLI::App* version =
      app.add_subcommand("version", "Say which version this is, and which the server");
  const auto as_json = std::make_shared<bool>(false);
  add_json_output(*version, *as_json, "{\"version\": …, \"server\": …}");
  const auto client_only = std::make_shared<bool>(false);
  version->add_flag("--client", *client_only, "Ask no server");
  version->callback([&program, as_json, client_only] {
    program.run = [&program, as_json, client_only] {
      const std::string server = *client_only ? "" : server_version(program.globals);
      print(version_text(server, *as_json));
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
  completion->callback([&program, shell] {
    program.run = [shell] {
      print(completion_script(*shell));
      return kExitOk;
    };
  });
}

}  // namespace sluice::cli
