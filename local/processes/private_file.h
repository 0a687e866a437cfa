#pragma once

// Files that only the owner may read: keys, tokens, kubeconfigs. They are replaced as a whole, so
// that a reader sees the old or the new text and a crash in between leaves the old one.

#include "base/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace sluice::local {

/// Makes a folder with mode 0700 and, likewise, those above it that are missing. One that is there
/// is left as it is.
Result<void> make_private_folder(const std::filesystem::path& folder);

/// The same, and takes the folder itself from everybody else where it is there.
Result<void> claim_private_folder(const std::filesystem::path& folder);

/// Writes `text` with mode 0600 by way of a temporary file beside `path`. Makes the folder (mode
/// 0700) where it is missing.
Result<void> write_private_file(const std::filesystem::path& path, std::string_view text);

/// The whole file. NotFound where there is none.
Result<std::string> read_private_file(const std::filesystem::path& path);

}  // namespace sluice::local
