#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <map>
#include <ranges>
#include <set>
#include <string>

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
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) list += "--" + name + " ";
}

void collect_value_options(const CLI::App& app, std::set<std::string>& found) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() || option->get_items_expected_max() == 0) continue;
    for (const std::string& name : option->get_lnames()) found.insert("--" + name);
    for (const std::string& name : option->get_snames()) found.insert("-" + name);
  }
  for (const CLI::App* sub : app.get_subcommands({})) collect_value_options(*sub, found);
}

/// The options that take the next word, as a pattern: "--context|-n".
std::string value_options(const CLI::App& app) {
  std::set<std::string> found;
  collect_value_options(app, found);
  return found.empty() ? "--" : fmt::format("{}", fmt::join(found, "|"));
}

std::string bash_script(const Words& words, const std::string& value_options) {
  std::string script = fmt::format(
      "_sluice() {{\n"
      "  local path='' i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${{COMP_WORDS[i]}}\" in\n"
      "    {}) ((i++)) ;;\n"
      "    -*) ;;\n"
      "    *) path=\"${{path:+$path }}${{COMP_WORDS[i]}}\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$path\" in\n",
      value_options);
  // Longer paths first: "set image shop" is completed as "set image".
  for (const auto& [path, list] : words | std::views::reverse) {
    script += fmt::format(
        "    {}) COMPREPLY=($(compgen -W \"{}\" -- \"${{COMP_WORDS[COMP_CWORD]}}\")) ;;\n",
        path.empty() ? "*" : fmt::format("\"{}\"*", path), list);
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
  if (shell == "fish") return fish_script(words);
  std::string bash = bash_script(words, value_options(app));
  if (shell == "bash") return bash;
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash;
  return "";
}

}  // namespace sluice::cli
