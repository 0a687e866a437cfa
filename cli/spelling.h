#pragma once

// How else people say it. Words of kubectl and of the Argo Rollouts plugin ("get rollouts",
// "promote rollout/shop", "rollout status shop") are turned into this program's own before anything
// is parsed, so that the commands know one spelling; what is no command at all is said with the one
// that was likely meant.

#include "base/result.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace sluice::cli {

/// What the program knows, as far as telling words, options and their values apart needs it.
struct Vocabulary {
  /// Subcommands by the path of their command: "" → get, list, …; "get" → rollout, …
  std::map<std::string, std::vector<std::string>> commands;
  /// Options that take the next word, as they are typed: "-n", "--namespace".
  std::set<std::string> value_options;
};

/// The positions of what is neither an option nor the value of one. After "--" that is everything.
std::vector<size_t> plain_words(const std::vector<std::string>& words,
                                const std::set<std::string>& value_options);

/// The words after the program's name, in the program's own spelling. Invalid: no such command.
Result<std::vector<std::string>> own_spelling(std::vector<std::string> words,
                                              const Vocabulary& known);

}  // namespace sluice::cli
