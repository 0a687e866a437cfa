#pragma once

// Shell completion. The shells' scripts are small and know nothing: at each press of Tab they ask
// `sluice __complete WORDS…`, which knows the commands and options as they are, and asks the
// cluster for names. The last word is the one that is being typed; it may be empty.

#include "cli/spelling.h"
#include "kube/login.h"

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sluice::cli {

/// What the program's commands and options are.
Vocabulary vocabulary_of(const CLI::App& app);

/// What may stand where the last word is.
struct Completion {
  enum class Wanted : uint8_t {
    Nothing,
    Words,     ///< One of `words`.
    Files,     ///< The shell knows best.
    Rollouts,  ///< Names in the namespace; likewise the next two.
    AnalysisRuns,
    Experiments,
    Namespaces,
    Containers,  ///< Of `rollout`, as "NAME=".
    Step,        ///< The one that `rollout` is at.
  };

  Wanted wanted = Wanted::Nothing;
  std::vector<std::string> words;
  std::string rollout;
  kube::LoginOptions login;  ///< Whom to ask: what the other words say of it.
};

Completion complete(const CLI::App& app, const std::vector<std::string>& words);

/// Prints what may stand there, one a line; ":files" where the shell is to complete files. A
/// cluster that does not answer soon has no names.
int print_completion(const Completion& completion);

/// The script for "bash", "zsh" or "fish"; "" for other shells.
std::string completion_script(const std::string& shell);

}  // namespace sluice::cli
