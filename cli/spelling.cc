#include "cli/spelling.h"

#include "base/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

struct KindWords {
  std::string_view own;
  std::vector<std::string_view> others;
};

const std::array<KindWords, 3>& kinds() {
  static const std::array<KindWords, 3> all = {{
      {"rollout", {"rollouts", "ro", "rollout.argoproj.io", "rollouts.argoproj.io"}},
      {"analysisrun",
       {"analysisruns", "ar", "analysisrun.argoproj.io", "analysisruns.argoproj.io"}},
      {"experiment", {"experiments", "exp", "experiment.argoproj.io", "experiments.argoproj.io"}},
  }};
  return all;
}

/// "rollout" for "rollouts", "ro", …; "" for what is no kind.
std::string_view kind_of(std::string_view word) {
  for (const KindWords& kind : kinds()) {
    const bool other = std::find(kind.others.begin(), kind.others.end(), word) != kind.others.end();
    if (word == kind.own || other) return kind.own;
  }
  return "";
}

/// {"rollout", "shop"} for "ro/shop"; {"", word} for what has no kind before a slash.
std::pair<std::string_view, std::string> split_kind(const std::string& word) {
  const size_t slash = word.find('/');
  if (slash == std::string::npos) return {"", word};
  const std::string_view kind = kind_of(std::string_view(word).substr(0, slash));
  return kind.empty() ? std::pair{kind, word} : std::pair{kind, word.substr(slash + 1)};
}

/// How the names of a command are written.
struct NamedCommand {
  std::string_view path;
  enum class Names : uint8_t { All, First } names;  ///< Which words after it are names.
  std::string_view kind = "rollout";
};

constexpr std::array kNamed = {
    NamedCommand{"promote", NamedCommand::Names::All},
    NamedCommand{"pause", NamedCommand::Names::All},
    NamedCommand{"resume", NamedCommand::Names::All},
    NamedCommand{"abort", NamedCommand::Names::All},
    NamedCommand{"retry", NamedCommand::Names::All},
    NamedCommand{"restart", NamedCommand::Names::All},
    NamedCommand{"explain", NamedCommand::Names::All},
    NamedCommand{"status", NamedCommand::Names::First},
    NamedCommand{"undo", NamedCommand::Names::First},
    NamedCommand{"rollback", NamedCommand::Names::First},
    NamedCommand{"set image", NamedCommand::Names::First},
    NamedCommand{"get rollout", NamedCommand::Names::All},
    NamedCommand{"get experiment", NamedCommand::Names::All, "experiment"},
    NamedCommand{"get analysisrun", NamedCommand::Names::All, "analysisrun"},
    NamedCommand{"terminate analysisrun", NamedCommand::Names::All, "analysisrun"},
    NamedCommand{"terminate experiment", NamedCommand::Names::All, "experiment"},
};

constexpr std::array<std::string_view, 5> kRolloutVerbs = {"status", "undo", "pause", "resume",
                                                           "restart"};

/// The words, with the positions of those that are commands and names.
class Line {
 public:
  Line(std::vector<std::string> words, const std::set<std::string>& value_options)
      : words_(std::move(words)), value_options_(value_options) {
    find();
  }

  size_t size() const { return plain_.size(); }

  std::string& at(size_t i) { return words_[plain_[i]]; }

  void erase(size_t i) {
    words_.erase(words_.begin() + static_cast<std::ptrdiff_t>(plain_[i]));
    find();
  }

  void insert(size_t i, std::string word) {
    words_.insert(words_.begin() + static_cast<std::ptrdiff_t>(plain_[i]), std::move(word));
    find();
  }

  void add(std::string word) {
    words_.push_back(std::move(word));
    find();
  }

  bool asks_for_help() const {
    return std::any_of(words_.begin(), words_.end(), [](const std::string& word) {
      return word == "-h" || word == "--help" || word == "--version";
    });
  }

  std::vector<std::string> take() { return std::move(words_); }

 private:
  void find() { plain_ = plain_words(words_, value_options_); }

  std::vector<std::string> words_;
  const std::set<std::string>& value_options_;
  std::vector<size_t> plain_;
};

/// `help promote` is `promote --help`.
void spell_help(Line& line) {
  if (line.size() == 0 || line.at(0) != "help") return;
  line.erase(0);
  line.add("--help");
}

/// kubectl's `rollout status deployment/shop`.
void drop_rollout_before_verb(Line& line) {
  if (line.size() < 2 || kind_of(line.at(0)) != "rollout") return;
  const bool verb =
      std::find(kRolloutVerbs.begin(), kRolloutVerbs.end(), line.at(1)) != kRolloutVerbs.end();
  if (verb) line.erase(0);
}

/// `get rollouts` lists, `get ro/shop` shows one; `terminate ar/x` likewise.
void spell_kind(Line& line) {
  if (line.size() < 2) return;
  const std::string command = line.at(0);
  if (command == "list" && !kind_of(line.at(1)).empty()) line.at(1) = kind_of(line.at(1));
  if (command != "get" && command != "terminate") return;
  const auto [kind, name] = split_kind(line.at(1));
  if (!kind.empty()) {
    line.at(1) = name;
    line.insert(1, std::string(kind));
    return;
  }
  const std::string_view own = kind_of(line.at(1));
  if (own.empty()) return;
  line.at(1) = own;
  if (command == "get" && line.size() == 2 && !line.asks_for_help()) line.at(0) = "list";
}

/// `promote rollout shop` and `promote ro/shop` are `promote shop`.
void spell_names(Line& line) {
  for (const NamedCommand& command : kNamed) {
    const size_t first = command.path.find(' ') == std::string_view::npos ? 1 : 2;
    if (line.size() <= first) continue;
    const std::string path = first == 1 ? line.at(0) : line.at(0) + " " + line.at(1);
    if (path != command.path) continue;
    // The second word of `rollback rollout …` is a reason: there a name cannot be left out.
    const bool kind_first = command.path != "rollback" && line.size() > first + 1 &&
                            kind_of(line.at(first)) == command.kind;
    if (kind_first) line.erase(first);
    const size_t end = command.names == NamedCommand::Names::All ? line.size() : first + 1;
    for (size_t i = first; i < end; ++i) {
      auto [kind, name] = split_kind(line.at(i));
      if (kind == command.kind) line.at(i) = std::move(name);
    }
    return;
  }
}

Result<void> check_command(Line& line, const Vocabulary& known) {
  std::string path;
  for (size_t i = 0; i < 2; ++i) {
    const auto found = known.commands.find(path);
    if (found == known.commands.end() || found->second.empty()) return {};
    const std::vector<std::string>& commands = found->second;
    if (i >= line.size()) {
      if (line.asks_for_help()) return {};
      return fail(invalid(fmt::format("`sluice{}{}` needs one of: {}", path.empty() ? "" : " ",
                                      path, fmt::join(commands, ", "))));
    }
    const std::string& word = line.at(i);
    if (std::find(commands.begin(), commands.end(), word) == commands.end()) {
      const std::string meant = nearest_word(word, commands);
      const std::string asked = path.empty() ? word : path + " " + word;
      return fail(
          invalid(fmt::format("unknown command \"{}\": {}", asked,
                              meant.empty() ? fmt::format("known are {}", fmt::join(commands, ", "))
                                            : fmt::format("did you mean \"{}\"?", meant))));
    }
    path += path.empty() ? word : " " + word;
  }
  return {};
}

}  // namespace

std::vector<size_t> plain_words(const std::vector<std::string>& words,
                                const std::set<std::string>& value_options) {
  std::vector<size_t> found;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") {
      while (++i < words.size()) found.push_back(i);
    } else if (words[i].size() > 1 && words[i].starts_with('-')) {
      if (value_options.contains(words[i])) ++i;
    } else {
      found.push_back(i);
    }
  }
  return found;
}

Result<std::vector<std::string>> own_spelling(std::vector<std::string> words,
                                              const Vocabulary& known) {
  Line line(std::move(words), known.value_options);
  spell_help(line);
  drop_rollout_before_verb(line);
  spell_kind(line);
  spell_names(line);
  if (auto checked = check_command(line, known); !checked) return fail(checked.error());
  return line.take();
}

}  // namespace sluice::cli
