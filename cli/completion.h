#pragma once

// Shell completion, generated from the commands and options themselves.

#include <string>

namespace CLI {
class App;
}

namespace sluice::cli {

/// The script for "bash", "zsh" or "fish"; "" for other shells.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace sluice::cli
