#pragma once

// The files that people name on the command line.

#include "base/result.h"

#include <string>
#include <vector>

namespace sluice::cli {

/// The content of a file, or of standard input for "-"; of an endless one as much as no manifest
/// may have (kJsonBytesMax and a byte). Invalid names the file that cannot be read.
Result<std::string> read_input(const std::string& path);

/// The manifests that a path means: a file is itself, as is "-"; a folder is all *.yaml, *.yml and
/// *.json below it, sorted, but for what is hidden. Invalid where it cannot be looked through or
/// holds none.
Result<std::vector<std::string>> find_manifests(const std::string& path);

}  // namespace sluice::cli
