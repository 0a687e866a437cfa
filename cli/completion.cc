#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <map>

namespace sluice::cli {
namespace {

/// What may follow a command: its subcommands and options.
using Words = std::map<std::string, std::string>;

void collect(const CLI::App& app, const std::string& path, Words& words) {
  std::string& list = words[path];
  for (const CLI::App* sub : app.get_subcommands({})) {
    list += sub->get_name() + " ";
    collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), words);
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) list += "--" + name + " ";
  }
}

std::string bash_script(const Words& words) {
  std::string script =
      "_sluice() {\n"
      "  local word path='' i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    [[ $word == -* ]] || path=\"${path:+$path }$word\"\n"
      "  done\n"
      "  case \"$path\" in\n";
  // Longer paths first: "set image shop" is completed as "set image".
  for (auto entry = words.rbegin(); entry != words.rend(); ++entry) {
    script += fmt::format(
        "    {}) COMPREPLY=($(compgen -W \"{}\" -- \"${{COMP_WORDS[COMP_CWORD]}}\")) ;;\n",
        entry->first.empty() ? "*" : fmt::format("\"{}\"*", entry->first), entry->second);
  }
  return script + "  esac\n}\ncomplete -F _sluice sluice\n";
}

std::string fish_script(const Words& words) {
  std::string script = "complete -c sluice -f\n";
  for (const auto& [path, list] : words) {
    const std::string condition =
        path.empty() ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + path;
    script += fmt::format("complete -c sluice -n '{}' -a '{}'\n", condition, list);
  }
  return script;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  Words words;
  collect(app, "", words);
  if (shell == "bash") return bash_script(words);
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script(words);
  if (shell == "fish") return fish_script(words);
  return "";
}

}  // namespace sluice::cli
