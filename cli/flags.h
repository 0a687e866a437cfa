#pragma once

// Options that several commands share, so that they are spelled, checked and explained alike. What
// is wrong with them is a usage error: nobody has been asked anything yet.

#include "base/time.h"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sluice::cli {

/// The Rollout that a command is about.
void add_name(CLI::App& command, std::string& name);

/// "-o json"; `help` says what it gives.
void add_json_output(CLI::App& command, bool& as_json, const std::string& help);

/// The objects that a command is about, one after the other; `what` is one of them.
void add_names(CLI::App& command, std::vector<std::string>& names,
               const std::string& what = "The rollout");

/// "-o json|yaml|name|wide".
void add_output(CLI::App& command, std::string& output, const std::string& help);

/// "HOST:PORT", with its default.
void add_listen(CLI::App& command, const std::string& flag, std::string& value,
                const std::string& help);

/// "-t DURATION" with its default; not negative.
void add_timeout(CLI::App& command, Duration& timeout, const std::string& help);

/// What all verbs have: "-o json", which tells what came of it, and below the examples the exit
/// codes.
void add_answer_options(CLI::App& command, bool& as_json, const std::string& examples);

/// What the help of a command ends with: lines as people type them.
void add_examples(CLI::App& command, const std::string& lines);

/// Makes texts that `problem_of` finds fault with a usage error; "" means fine.
void check_with(CLI::Option& option, std::function<std::string(const std::string&)> problem_of);

}  // namespace sluice::cli
