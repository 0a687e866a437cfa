#include "cli/completion.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

using Wanted = Completion::Wanted;

std::vector<std::string> spellings(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

bool takes_value(const CLI::Option& option) {
  return !option.get_positional() && option.get_items_expected_max() > 0;
}

void collect(const CLI::App& app, const std::string& path, Vocabulary& known) {
  std::vector<std::string>& commands = known.commands[path];
  for (const CLI::App* sub : app.get_subcommands({})) {
    commands.push_back(sub->get_name());
    collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), known);
  }
  for (const CLI::Option* option : app.get_options()) {
    if (!takes_value(*option)) continue;
    for (std::string& name : spellings(*option)) known.value_options.insert(std::move(name));
  }
}

/// The command that is typed so far.
struct Place {
  std::vector<const CLI::App*> apps;  ///< From the program down to the command.
  std::string path;
  std::vector<std::string> positionals;

  const CLI::App& command() const { return *apps.back(); }
};

const CLI::App* find_subcommand(const CLI::App& app, const std::string& name) {
  for (const CLI::App* sub : app.get_subcommands({}))
    if (sub->get_name() == name) return sub;
  return nullptr;
}

Place find_place(const CLI::App& app, std::vector<std::string> typed, const Vocabulary& known) {
  // In other spellings, too. The last word is unknown yet; any will do.
  typed.emplace_back("x");
  if (auto own = own_spelling(typed, known)) typed = *std::move(own);
  typed.pop_back();
  Place place{.apps = {&app}};
  for (const size_t i : plain_words(typed, known.value_options)) {
    const CLI::App* sub =
        place.positionals.empty() ? find_subcommand(place.command(), typed[i]) : nullptr;
    if (sub == nullptr) {
      place.positionals.push_back(typed[i]);
      continue;
    }
    place.apps.push_back(sub);
    place.path += (place.path.empty() ? "" : " ") + typed[i];
  }
  return place;
}

const CLI::Option* find_option(const Place& place, const std::string& word) {
  for (const CLI::App* app : place.apps) {
    for (const CLI::Option* option : app->get_options()) {
      const auto names = spellings(*option);
      const bool named = std::find(names.begin(), names.end(), word) != names.end();
      if (named && takes_value(*option)) return option;
    }
  }
  return nullptr;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

void complete_value(const CLI::Option& option, const Place& place, Completion& found) {
  const std::string type = option.get_type_name();
  if (type == "FILE" || type == "PATH" || type == "FOLDER") {
    found.wanted = Wanted::Files;
  } else if (option.check_lname("namespace")) {
    found.wanted = Wanted::Namespaces;
  } else if (option.check_lname("step") && !place.positionals.empty()) {
    found.wanted = Wanted::Step;
    found.rollout = place.positionals.front();
  } else if (option.check_lname("output")) {
    found.wanted = Wanted::Words;
    found.words = split(type, '|');
  }
}

void complete_option(const Place& place, Completion& found) {
  found.wanted = Wanted::Words;
  for (const CLI::App* app : place.apps) {
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) found.words.push_back("--" + name);
  }
}

/// What the word after the command and its names may be.
void complete_name(const Place& place, Completion& found) {
  constexpr std::string_view kOfRollouts[] = {"get rollout", "explain", "status",   "promote",
                                              "pause",       "resume",  "abort",    "retry",
                                              "restart",     "undo",    "rollback", "set image"};
  constexpr std::string_view kOfOne[] = {"status", "undo", "rollback"};
  const std::string& path = place.path;
  const auto among = [&path](const auto& list) {
    return std::find(std::begin(list), std::end(list), path) != std::end(list);
  };
  const bool first = place.positionals.empty();
  if (path == "set image" && !first) {
    found.wanted = Wanted::Containers;
    found.rollout = place.positionals.front();
  } else if (among(kOfRollouts) && (first || !among(kOfOne))) {
    found.wanted = Wanted::Rollouts;
  } else if (path == "get analysisrun" || path == "terminate analysisrun") {
    found.wanted = Wanted::AnalysisRuns;
  } else if (path == "get experiment" || path == "terminate experiment") {
    found.wanted = Wanted::Experiments;
  } else if (path == "list" && first) {
    found.wanted = Wanted::Words;
    found.words = {"rollouts", "analysisruns", "experiments"};
  } else if (path == "completion" && first) {
    found.wanted = Wanted::Words;
    found.words = {"bash", "zsh", "fish"};
  }
}

void read_login(const std::vector<std::string>& words, kube::LoginOptions& login) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string& value = words[i + 1];
    if (word == "-n" || word == "--namespace") login.namespace_ = value;
    if (word == "--kubeconfig") login.kubeconfig = value;
    if (word == "--context") login.context = value;
    if (word == "--server") login.server = value;
    if (word == "--token") login.token = value;
  }
}

constexpr const char* kBash = R"(_sluice() {
  local word="${COMP_WORDS[COMP_CWORD]}" found line
  COMPREPLY=()
  found=$("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return 0
  if [[ $found == :files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return 0
  fi
  while IFS= read -r line; do
    [[ -n $line && $line == "$word"* ]] && COMPREPLY+=("$line")
  done <<<"$found"
  if [[ ${COMPREPLY[0]-} == *= ]]; then compopt -o nospace 2>/dev/null; fi
  return 0
}
complete -F _sluice sluice kubectl-sluice
)";

constexpr const char* kZsh = R"(#compdef sluice
_sluice() {
  local found
  found=$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null) || return 0
  if [[ $found == :files ]]; then
    _files
    return
  fi
  compadd -- ${(f)found}
}
(( $+functions[compdef] )) || { autoload -U compinit && compinit }
compdef _sluice sluice kubectl-sluice
)";

constexpr const char* kFish = R"(function __sluice_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (command $words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$found" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $found
    end
end
complete -c sluice -f -a '(__sluice_complete)'
complete -c kubectl-sluice -f -a '(__sluice_complete)'
)";

}  // namespace

Vocabulary vocabulary_of(const CLI::App& app) {
  Vocabulary known;
  collect(app, "", known);
  return known;
}

Completion complete(const CLI::App& app, const std::vector<std::string>& words) {
  Completion found;
  if (words.empty()) return found;
  read_login(words, found.login);
  const Vocabulary known = vocabulary_of(app);
  const bool after_option =
      words.size() > 1 && known.value_options.contains(words[words.size() - 2]);
  const Place place = find_place(app, {words.begin(), words.end() - (after_option ? 2 : 1)}, known);
  const CLI::Option* option = after_option ? find_option(place, words[words.size() - 2]) : nullptr;
  if (option != nullptr) {
    complete_value(*option, place, found);
  } else if (words.back().starts_with('-')) {
    complete_option(place, found);
  } else if (const auto& commands = known.commands.at(place.path); !commands.empty()) {
    found.wanted = Wanted::Words;
    found.words = commands;
  } else {
    complete_name(place, found);
  }
  return found;
}

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return "";
}

}  // namespace sluice::cli
