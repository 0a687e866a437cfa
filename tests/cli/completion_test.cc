#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include <string>

using namespace sluice::cli;

namespace {

struct Sample {
  Sample() {
    CLI::App* get = app.add_subcommand("get", "");
    get->add_subcommand("rollout", "")->add_flag("--watch");
    app.add_subcommand("promote", "")->add_flag("--full");
    app.add_flag("--no-color");
    app.add_option("-n,--namespace", namespace_, "");
  }

  CLI::App app{"", "sluice"};
  std::string namespace_;
};

size_t find(const std::string& script, const std::string& part) {
  const size_t found = script.find(part);
  INFO(script << "\nlacks: " << part);
  CHECK(found != std::string::npos);
  return found;
}

}  // namespace

TEST_CASE("bash completes commands, their subcommands and options", "[completion]") {
  const Sample sample;
  const std::string script = completion_script(sample.app, "bash");
  CHECK(script.find("complete -F _sluice sluice") != std::string::npos);
  const size_t deep = find(script, "\"get rollout\"*) COMPREPLY=($(compgen -W \"");
  const size_t shallow = find(script, "\"get\"*) COMPREPLY=($(compgen -W \"rollout ");
  const size_t top = find(script, "*) COMPREPLY=($(compgen -W \"get promote ");
  // The first case that matches is taken: the longer paths come first.
  CHECK(deep < shallow);
  CHECK(shallow < top);
  find(script, "--watch");
  find(script, "--full");
  find(script, "--no-color");
  // The word after one of these is no command.
  find(script, "    --namespace|-n) ((i++)) ;;\n");
}

TEST_CASE("zsh takes the bash completion, fish has its own", "[completion]") {
  const Sample sample;
  CHECK(completion_script(sample.app, "zsh").starts_with("autoload -U +X bashcompinit"));
  const std::string fish = completion_script(sample.app, "fish");
  find(fish, "complete -c sluice -f");
  find(fish, "complete -c sluice -n '__fish_use_subcommand' -a 'get promote ");
  find(fish, "__fish_seen_subcommand_from promote");
}

TEST_CASE("other shells have no completion", "[completion]") {
  const Sample sample;
  CHECK(completion_script(sample.app, "tcsh").empty());
}
